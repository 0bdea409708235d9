"""Crawls named sites over the open web with Scrapy, in a process of its own, into WARC."""
