"""What a person sees: JupyterLab itself, in a browser. `make notebook` runs these; `make test` does not."""
