# SPDX-License-Identifier: GPL-2.0
# Cost of a request against its number of pieces, for one ring and place.
# bench.sh sets csv, ring, place and svg.

set terminal svg noenhanced size 800,500 background rgb 'white' font 'sans,12'
set xtics (1, 3, 8, 32, 130, 1024)
set output svg
set datafile separator ','
set logscale xy 2
set key left top
set grid
set title sprintf('%s ring, %s descriptors: instructions to add a request', ring, place)
set xlabel 'pieces'
set ylabel 'instructions'

row(way, dma) = sprintf("<awk -F, '$1 == \"%s\" && $2 == \"%s\" && $3 == \"%s\" && $4 == \"%s\" && $6 == \"array\" && $7 == \"add\"' %s", \
	way, ring, place, dma, csv)

plot row('base', 'physical') using 5:8 with linespoints lc rgb '#c00000' title 'untouched', \
     row('classic', 'physical') using 5:8 with linespoints lc rgb '#e08000' title 'patched, virtqueue_add_sgs', \
     row('piecewise', 'physical') using 5:8 with linespoints lc rgb '#0060c0' title 'patched, piecewise', \
     row('floor', 'physical') using 5:8 with lines lc rgb '#808080' dt 2 title 'floor', \
     row('base', 'mapped') using 5:8 with linespoints lc rgb '#c00000' dt 3 title 'untouched, mapped', \
     row('piecewise', 'mapped') using 5:8 with linespoints lc rgb '#0060c0' dt 3 title 'piecewise, mapped'
