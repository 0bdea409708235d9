"""What documents share with texts beside them: with evaluation sets, and with older documents of their crawl."""
