"""Questions over records: counts, sums, lists and extremes as SQL, answered with the records they rest on."""
