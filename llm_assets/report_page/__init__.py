"""Pictures of a corpus: where its documents went, how its signals lie beside their bounds, and pages to look at.

``figures`` asks the catalog, ``histograms`` and ``waterfall`` lay out what it says, ``page`` makes one HTML file of it and
``markdown`` tables for Dagster.
"""
