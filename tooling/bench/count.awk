# SPDX-License-Identifier: GPL-2.0
#
# callgrind's dumps of 'bench count', a case each, as lines
# "way,ring,place,dma,pieces,list,what,instructions".  What the measuring costs, the way
# "null", is taken off.
BEGIN { FS = "[:,] *" }
/^desc: Trigger: Client Request:/ {
	sub(/^desc: Trigger: Client Request: /, "")
	split($0, f, ",")
	way = f[1]
	key = f[2] "," f[3] "," f[4] "," f[5] "," f[6] "," f[7]
	rounds = f[8]
	name = $0
}
/^summary:/ && name != "" {
	cost[way, key] = $2 / rounds
	if (!(key in seen)) { seen[key]; keys[++nr] = key }
	if (!(way in order)) { order[way]; ways[++nr_ways] = way }
	name = ""
}
END {
	for (i = 1; i <= nr; i++)
		for (j = 1; j <= nr_ways; j++)
			if ((ways[j], keys[i]) in cost && ways[j] != "null")
				printf "%s,%s,%.0f\n", ways[j], keys[i], cost[ways[j], keys[i]] - cost["null", keys[i]]
}
