# SPDX-License-Identifier: GPL-2.0
# The plots of bench-guest, from its CSV files in the working directory

set datafile separator ','
set terminal svg noenhanced size 1100,560 background rgb 'white' font 'sans,12'
set style data histograms
set style histogram clustered gap 1
set style fill solid 0.9 border -1
set xtics rotate by -40 scale 0 nomirror
set ytics nomirror
set grid ytics
set rmargin 12
set key outside top left horizontal
set yrange [0:*]

some(what) = system("grep -c ',".what.",' summary.csv") + 0
rows(what) = "< grep ',".what.",' summary.csv"

if (some('instructions')) {
	set output 'ratio.svg'
	set title 'Instructions per I/O with the series, of those without'
	plot rows('instructions') using 6:xtic(strcol(1).' '.strcol(2)) title 'the whole guest', \
		rows('virtio') using 6 title 'drivers, transport and ring', \
		1 with lines lc rgb 'black' notitle

	set output 'virtio.svg'
	set title 'Instructions per I/O in drivers, transport and ring (a TCP write of 64k is beyond this scale)'
	plot rows('virtio')." | grep -v tcp" using 4:xtic(strcol(1).' '.strcol(2)) title 'base', \
		'' using 5 title 'series'

	set output 'profile.svg'
	set title 'blk, randread-4k-32: instructions per I/O, by function of drivers, transport and ring'
	plot "< grep '^blk,randread-4k-32,.*,virtio' profile.csv" \
		using 4:xtic(3) title 'base', '' using 5 title 'series'
}

if (some('iops')) {
	set output 'iops.svg'
	set title 'virtio-blk in User-mode Linux: I/Os per second (median)'
	plot rows('iops') using 4:xtic(2) title 'base', '' using 5 title 'series'
}
