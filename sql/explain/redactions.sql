-- What was redacted in a document: kind and place, never the value. Reads: findings. Grain: one row a redaction.
select field, kind, start, "end" from findings where doc = $doc order by field, start;
