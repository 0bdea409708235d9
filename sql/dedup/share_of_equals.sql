-- Makes the macro share_of_equals: of two lists of the same length, the share of places where they agree; the MinHash estimate
-- of Jaccard similarity.
-- Grain: one number a pair of lists.
create temp macro share_of_equals(one, other) as
len(list_filter(list_zip(one, other), lambda pair: pair[1] = pair[2]))::double / len(one)
