"""What has to hold between the fields of an object, one function a type: what a table cannot say.

RULES is the table: the type -> its rule. Each yields what is wrong with the value it is given.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from typing import TypeAlias

from nginxsim.kube.validation.faults import Fault
from nginxsim.kube.validation.place import Place
from nginxsim.kube.validation.rules import (
    config,
    endpoints,
    ingress,
    pods,
    scheduling,
    selectors,
    service,
    volumes,
    webhook,
    workloads,
)

Rule: TypeAlias = Callable[[Place], Iterator[Fault]]

FIRST: Mapping[str, Rule] = {"core.Service": service.given_out}
"""What is asked before all else: where it fails, nothing else is looked at."""
RULES: Mapping[str, Rule] = {
    "admissionregistration.MatchCondition": webhook.condition,
    "admissionregistration.RuleWithOperations": webhook.webhook_rule,
    "admissionregistration.ValidatingWebhook": webhook.webhook,
    "apps.DaemonSet": workloads.daemon_set,
    "apps.Deployment": workloads.deployment,
    "apps.ReplicaSet": workloads.replica_set,
    "apps.StatefulSet": workloads.stateful_set,
    "core.ConfigMap": config.config_map,
    "core.EndpointAddress": endpoints.address,
    "core.EndpointSubset": endpoints.subset,
    "core.Namespace": config.namespace,
    "core.Secret": config.secret,
    "core.Service": service.service,
    "discovery.EndpointSlice": endpoints.endpoint_slice,
    "discovery.ForNode": endpoints.node,
    "discovery.ForZone": endpoints.zone,
    "meta.LabelSelectorRequirement": selectors.requirement,
    "networking.HTTPIngressPath": ingress.path,
    "networking.HTTPIngressRuleValue": ingress.http,
    "networking.Ingress": ingress.ingress,
    "networking.IngressClassParametersReference": ingress.parameters,
    "networking.IngressClassSpec": ingress.ingress_class,
    "networking.IngressSpec": ingress.ingress_spec,
    "pods.ConfigMapEnvSource": pods.env_source,
    "pods.ConfigMapKeySelector": pods.key_selector,
    "pods.Container": pods.container,
    "pods.EnvFromSource": pods.env_from,
    "pods.EnvVar": pods.env,
    "pods.EnvVarSource": pods.env_value,
    "pods.Pod": pods.pod,
    "pods.PodSpec": pods.pod_spec,
    "pods.PodTemplateSpec": pods.template,
    "pods.ResourceRequirements": pods.resources,
    "pods.SecretEnvSource": pods.env_source,
    "pods.SecretKeySelector": pods.key_selector,
    "scheduling.NodeSelector": scheduling.node_selector,
    "scheduling.NodeSelectorTerm": scheduling.node_term,
    "scheduling.PodAffinityTerm": scheduling.pod_term,
    "scheduling.Toleration": scheduling.toleration,
    "scheduling.TopologySpreadConstraint": scheduling.spread,
    "volumes.CSIVolumeSource": volumes.csi,
    "volumes.HostPathVolumeSource": volumes.host_path,
    "volumes.KeyToPath": volumes.key_to_path,
    "volumes.NFSVolumeSource": volumes.nfs,
    "volumes.PersistentVolumeClaimSpec": workloads.claim,
    "volumes.ServiceAccountTokenProjection": volumes.token,
    "volumes.Volume": volumes.volume,
    "volumes.VolumeProjection": volumes.projection,
}
