"""All runs of an experiment at once, by their place on its axes: tables, laws, maps, and finer maps."""
