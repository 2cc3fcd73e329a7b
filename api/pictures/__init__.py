"""Pictures of runs and experiments: what is asked, gathered from the store, drawn beside the event loop."""
