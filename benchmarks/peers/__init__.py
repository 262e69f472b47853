"""Settings of the same project with another cache in place of ours, each as its documentation sets it up."""
