# SPDX-License-Identifier: GPL-2.0
#
# usage: awk -v suite=NAME -f junit.awk FILE.ktap
#
# JUnit's XML of what a KTAP file says, for those who show test results.  A test
# with subtests is no case itself, unless it fails on its own account; results
# that are missing, as the plan has more, are failures.  The time of a case is
# that between the kernel's time stamps, or what a line '# time: SECONDS' says.
# A line '# could not run' before a 'not ok' makes it an error.
#
# With -v failures=1 instead a line for each case that failed: its name, a tab, and
# why.

function escape(text) {
	gsub(/[\001-\010\013\014\016-\037]/, "", text)
	gsub(/&/, "\\&amp;", text)
	gsub(/</, "\\&lt;", text)
	gsub(/>/, "\\&gt;", text)
	gsub(/"/, "\\&quot;", text)
	return text
}

function class_of(depth,	d, name) {
	name = suite
	for (d = 1; d <= depth; d++)
		name = name "." subtest[d]
	return name
}

# what was expected, or else the first words, in one line
function reason(text,	line, n, i, said) {
	n = split(text, line, "\n")
	for (i = 1; i <= n && !match(line[i], /(EXPECTATION|ASSERTION) FAILED at /); i++)
		;
	if (i > n) {
		i = n = 1
		match(line[1], /[^# ]/)
	}
	said = substr(line[i], RSTART)
	while (++i <= n && line[i] != "" && line[i] !~ /^# /)
		said = said " " line[i]
	gsub(/[ \t]+/, " ", said)
	return substr(said, 1, 240)
}

function add_case(class, name, verdict, text,	body) {
	if (failures) {
		sub(/^[.]/, "", class)
		if (verdict == "failure" || verdict == "error")
			print (class == "" ? "" : class " ") name "\t" reason(text)
		return
	}
	tests++
	if (verdict == "skipped") {
		skipped++
		body = "<skipped message=\"" escape(text) "\"/>"
	} else if (verdict == "error") {
		errors++
		body = "<error message=\"could not run\">" escape(text) "</error>"
	} else if (verdict == "failure") {
		failed_cases++
		body = "<failure message=\"failed\">" escape(text) "</failure>"
	}
	# no sprintf() of a body: mawk's ends at 8 KiB
	cases[tests] = "<testcase classname=\"" escape(class) "\" name=\"" escape(name) \
		"\" time=\"" sprintf("%.3f", took) "\">" body "</testcase>"
	took = 0
}

# the tests of this depth have ended: were there as many as planned?
function end_of(depth) {
	if (planned[depth] > results[depth]) {
		add_case(class_of(depth), "missing", "failure",
			results[depth] + 0 " of " planned[depth] " tests have a result\n" said)
		bad[depth]++
	}
	planned[depth] = results[depth] = 0
}

{
	sub(/\r$/, "")
	if (match($0, /^\[ *[0-9]+\.[0-9]+\] /)) {
		stamp = substr($0, 2, RLENGTH - 3) + 0
		$0 = substr($0, RLENGTH + 1)
	}
	match($0, /^ */)
	depth = int(RLENGTH / 4)
	line = substr($0, RLENGTH + 1)
}

line ~ /^KTAP version / { started = 1; since = stamp; next }
!started { next }
line ~ /^1\.\.[0-9]+$/ { planned[depth] = substr(line, 4) + 0; next }
line ~ /^# Subtest: / { subtest[depth] = substr(line, 12); next }
line ~ /^# time: [0-9.]+$/ { took = substr(line, 9) + 0; next }
line == "# could not run" { could_not = 1; next }

line ~ /^(not )?ok [0-9]+/ {
	failed = line ~ /^not/
	name = line
	sub(/^(not )?ok [0-9]+ *(- *)?/, "", name)
	skip = ""
	if (match(name, / *# SKIP ?/)) {
		skip = "skipped: " substr(name, RSTART + RLENGTH)
		name = substr(name, 1, RSTART - 1)
	}
	sub(/ *# (TIMEOUT|XFAIL|ERROR|FAIL).*/, "", name)
	if (stamp > since)
		took = stamp - since
	since = stamp
	parent = results[depth + 1] > 0 || planned[depth + 1] > 0
	end_of(depth + 1)
	if (!parent || (failed && !bad[depth + 1]))
		add_case(class_of(depth), name, failed ? (could_not ? "error" : "failure") : \
			(skip != "" ? "skipped" : "passed"), failed ? said : skip)
	bad[depth + 1] = 0
	if (failed)
		bad[depth]++
	results[depth]++
	said = ""
	could_not = 0
	next
}

# what was said before the result, if not too much
{ said = length(said) < 8000 ? said line "\n" : said }

END {
	for (depth = 9; depth >= 0; depth--)
		end_of(depth)
	if (failures)
		exit
	print "<?xml version=\"1.0\" encoding=\"UTF-8\"?>"
	printf "<testsuites>\n<testsuite name=\"%s\" tests=\"%d\" failures=\"%d\" errors=\"%d\" skipped=\"%d\">\n",
		escape(suite), tests, failed_cases, errors, skipped
	for (i = 1; i <= tests; i++)
		print cases[i]
	print "</testsuite>\n</testsuites>"
}
