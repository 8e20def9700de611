"""Objects of Flux and Argo CD: what they would apply, rendered where its source is the repository at hand."""
