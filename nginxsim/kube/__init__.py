"""What the API server would hand to the controller: manifests read into a Cluster, with origins and defaults."""

from nginxsim.kube.cluster import Cluster
from nginxsim.kube.manifests import load, load_each

__all__ = ["Cluster", "load", "load_each"]
