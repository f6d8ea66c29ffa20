"""One small file for each family of model files, behind the interface that all of them share."""
