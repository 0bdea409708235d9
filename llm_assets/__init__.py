"""Everything between the raw web and a language model's words, stage by stage.

Floors, top to bottom; imports run down only (``tests/test_architecture.py`` holds them to it):

5. ``cli``, ``recipe``, ``plan``, ``step``: what a person asks for, and what has to run for it
3-4. the stages: ``crawl``, ``extract``, ``quality``, ``dedup``, ``pii``, ``tokenizer``, ``shards``, ``training``, ``sampling``
2. what stages share: ``formats``, ``model``, ``catalog``, ``engine``, ``report``, ``section``
1. ``errors``
"""

__version__ = "0.1.0"
