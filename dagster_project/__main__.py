"""``python -m dagster_project``: what ``llm-assets run`` starts.

Worker processes import the main module again, unless it is called this way.
"""

from dagster_project.run import main

main()
