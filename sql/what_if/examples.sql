-- Changed documents to look at, $most gained and $most lost: drawn by a hash, as many domains as there are before any comes twice.
-- Reads: deciding, texts (no text of them), macro domain_of. Grain: one row a document, the gained first.
with drawn as (
    select
        deciding.*,
        texts.url,
        texts.title,
        hash(deciding.doc) as lot,
        row_number() over (partition by deciding.gained, domain_of(texts.url) order by hash(deciding.doc), deciding.doc) as turn
    from deciding
    join texts on texts.doc = deciding.doc
)
select
    gained,
    doc,
    url,
    title,
    stage,
    rule,
    value,
    low,
    high,
    case when stage = 'deduped_docs' then detail end as elder_id,
    case when stage <> 'deduped_docs' then detail end as detail
from drawn
qualify row_number() over (partition by gained order by turn, lot, doc) <= $most
order by gained desc, turn, lot, doc;
