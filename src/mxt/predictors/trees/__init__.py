"""Tree ensembles read from the models of each library into one form."""
