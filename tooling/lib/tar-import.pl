#!/usr/bin/perl
# SPDX-License-Identifier: GPL-2.0
#
# usage: tar-import.pl STRIP <TAR | git fast-import
#
# Turns a tar archive into one commit on refs/import, without the first STRIP
# (0 or 1) components of each name.  Three times cheaper than to unpack, and to
# let git read all files again.  Perl is there wherever git is.

use strict;
use warnings;

my $strip = shift // 0;
my ($files, $top, $long, $longlink) = (0);

binmode STDIN;
binmode STDOUT;

# take N: the next N bytes of the archive
sub take {
	my ($n) = @_;
	my $data = '';
	return $data if $n == 0;
	(read(STDIN, $data, $n) // 0) == $n or die "the archive is cut short\n";
	return $data;
}

# body SIZE: what follows a header, padded to 512 bytes
sub body {
	my ($size) = @_;
	my $data = take($size);
	take((512 - $size % 512) % 512);
	return $data;
}

# in_tree NAME: the name that the file has in the kernel
sub in_tree {
	my ($name) = @_;
	$name =~ s,^(\./)+,,;
	return $name if !$strip || $name eq '';
	$name =~ s,^([^/]+)(/|$),, or die "strange name in the archive: $name\n";
	$top //= $1;
	$top eq $1 or die "more than one directory at the archive's top: $top, $1\n";
	return $name;
}

sub emit {
	my ($mode, $name, $data) = @_;
	die "strange name in the archive: $name\n" if $name =~ /\n|^"|^$/;
	print "M $mode inline $name\ndata ", length($data), "\n", $data, "\n";
	print STDERR "$files files\n" if ++$files % 10000 == 0;
}

print "feature done\ncommit refs/import\ncommitter import <> 0 +0000\ndata 0\n\n";

while (1) {
	my ($name, $mode, $size, $type, $link, $magic, $prefix) =
		unpack('Z100 A8 x16 A12 x20 a1 Z100 a6 x82 Z155', take(512));
	last if $name eq '';
	$size =~ /^[0-7]+$/ or die "not a tar archive\n";
	my $data = body(oct $size);

	if ($type eq 'L') {		# GNU: long name of the next member
		$long = unpack('Z*', $data);
		next;
	} elsif ($type eq 'K') {	# GNU: long target of the next link
		$longlink = unpack('Z*', $data);
		next;
	} elsif ($type eq 'x') {	# pax: the same, as records
		$long = $1 if $data =~ /^\d+ path=(.*)$/m;
		$longlink = $1 if $data =~ /^\d+ linkpath=(.*)$/m;
		next;
	} elsif ($type eq 'g') {	# pax: global, such as git's commit id
		next;
	}
	$name = "$prefix/$name" if $magic eq "ustar\0" && $prefix ne '';
	$name = in_tree($long // $name);
	$link = $longlink // $link;
	($long, $longlink) = ();

	if ($type eq '0' || $type eq "\0") {
		emit(oct($mode) & 0100 ? '100755' : '100644', $name, $data);
	} elsif ($type eq '2') {
		emit('120000', $name, $link);
	} elsif ($type ne '5') {	# directories: git keeps none
		die "neither file, link nor directory: $name\n";
	}
}

1 while read(STDIN, my $rest, 65536);	# else the writer gets SIGPIPE
die "no file in the archive\n" if !$files;
print "done\n";
close STDOUT or die "git fast-import has ended\n";
