-- Documents to look at, $most of each fate: drawn by a hash, as many domains as there are before any comes twice. The excerpt is so
-- long that no value of personal data is cut in two where it is shown; it is not redacted yet.
-- Of what is to be forgotten nothing is shown.
-- Reads: verdicts, records, texts, macro domain_of. Grain: one row a document, by stage and rule.
with drawn as (
    select
        verdicts.*,
        records.url,
        row_number() over (
            partition by verdicts.stage, verdicts.rule, domain_of(records.url) order by hash(verdicts.doc), verdicts.doc
        ) as turn
    from verdicts
    join records on records.doc = verdicts.doc
    where verdicts.doc between $first and $last and verdicts.rule <> 'forgotten'
),
chosen as (
    select * exclude (turn), row_number() over (partition by stage, rule order by turn, hash(doc), doc) as place
    from drawn
    qualify place <= $most
)
select
    chosen.stage,
    chosen.rule,
    chosen.id,
    chosen.crawl,
    chosen.url,
    chosen.value,
    chosen.low,
    chosen.high,
    case when chosen.stage = 'deduped_docs' then chosen.detail end as elder_id,
    case when chosen.stage <> 'deduped_docs' then chosen.detail end as detail,
    texts.title,
    left(texts.text, 20000) as excerpt
from chosen
left join texts on texts.doc = chosen.doc
order by chosen.stage, chosen.rule, chosen.place;
