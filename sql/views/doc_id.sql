-- Text of a document key, as in 12-345-6789.
create macro doc_id(doc) as
    format('{}-{}-{}', doc // 281474976710656, (doc // 16777216) % 16777216, doc % 16777216);
