# SPDX-License-Identifier: GPL-2.0
# Instructions to add a buffer, as a share of what they are with the untouched ring,
# against its number of pieces.  bench.sh sets csv, linux and order (-in-order or
# nothing), and gets SVG on stdout.

set terminal svg noenhanced size 1000,430 background rgb 'white' font 'sans,12'
set multiplot title sprintf("Instructions to add a buffer, untouched ring = 1 (Linux %s%s)", linux, order eq '' ? '' : ', in order')
set logscale x 2
set xtics (1, 3, 8, 32, 130, 1024)
set xlabel 'pieces'
set yrange [0:1.3]
set grid
set xrange [1:150<*]
set tmargin at screen 0.84
set bmargin at screen 0.13

ratio(way, ring, place, dma) = sprintf("< awk -F, -v way=%s -v kind=%s,%s,%s,array,add '\
	$2 \",\" $3 \",\" $4 \",\" $6 \",\" $7 != kind { next } \
	$1 == \"base\" { base[$5] = $8 } $1 == way { cost[$5] = $8 } \
	END { for (n in base) if (n in cost) print n, cost[n] / base[n] }' %s | sort -n", way, ring.order, place, dma, csv)

do for [dma in 'physical mapped'] {
	set lmargin at screen (dma eq 'mapped') ? 0.40 : 0.05
	set rmargin at screen (dma eq 'mapped') ? 0.70 : 0.36
	if (dma eq 'mapped') { set key at screen 0.995, 0.75 right top Left reverse samplen 2 font 'sans,11' } else { unset key }
	set title (dma eq 'mapped') ? 'each piece mapped (DMA API)' : 'physical addresses'
	plot 1 with lines lc rgb 'black' lw 2 title 'untouched', \
		ratio('piecewise', 'split', 'indirect', dma) with linespoints lc rgb '#0060c0' pt 7 ps 0.6 title 'piecewise, split, indirect', \
		ratio('piecewise', 'split', 'direct', dma) with linespoints lc rgb '#50a8f0' pt 7 ps 0.6 title 'piecewise, split, direct', \
		ratio('piecewise', 'packed', 'indirect', dma) with linespoints lc rgb '#c04000' pt 7 ps 0.6 title 'piecewise, packed, indirect', \
		ratio('piecewise', 'packed', 'direct', dma) with linespoints lc rgb '#f0a030' pt 7 ps 0.6 title 'piecewise, packed, direct', \
		ratio('classic', 'split', 'indirect', dma) with linespoints lc rgb '#0060c0' dt 2 pt 1 ps 0.6 title 'add_sgs, split, indirect', \
		ratio('classic', 'split', 'direct', dma) with linespoints lc rgb '#50a8f0' dt 2 pt 1 ps 0.6 title 'add_sgs, split, direct', \
		ratio('classic', 'packed', 'indirect', dma) with linespoints lc rgb '#c04000' dt 2 pt 1 ps 0.6 title 'add_sgs, packed, indirect', \
		ratio('classic', 'packed', 'direct', dma) with linespoints lc rgb '#f0a030' dt 2 pt 1 ps 0.6 title 'add_sgs, packed, direct'
}
unset multiplot
