"""What the chart ingress-nginx reads of its values, by the releases whose charts read it, and its defaults of the past.

ingress-nginx: charts/ingress-nginx/templates/ and values.yaml at the newest helm-chart-* tag of each release.
"""

from __future__ import annotations

from collections.abc import Collection, Iterator, Mapping

from nginxsim.releases.facts import Fact
from nginxsim.releases.published import PUBLISHED
from nginxsim.releases.spans import number, span

_READ: Mapping[str, str] = {
    "..": """
        controller.addHeaders controller.admissionWebhooks.annotations controller.admissionWebhooks.certificate
        controller.admissionWebhooks.enabled controller.admissionWebhooks.failurePolicy
        controller.admissionWebhooks.key controller.admissionWebhooks.namespaceSelector
        controller.admissionWebhooks.objectSelector controller.admissionWebhooks.patch.enabled
        controller.admissionWebhooks.patch.image.digest controller.admissionWebhooks.patch.image.pullPolicy
        controller.admissionWebhooks.patch.image.repository controller.admissionWebhooks.patch.image.tag
        controller.admissionWebhooks.patch.nodeSelector controller.admissionWebhooks.patch.podAnnotations
        controller.admissionWebhooks.patch.priorityClassName controller.admissionWebhooks.patch.tolerations
        controller.admissionWebhooks.port controller.admissionWebhooks.service.annotations
        controller.admissionWebhooks.service.clusterIP controller.admissionWebhooks.service.externalIPs
        controller.admissionWebhooks.service.loadBalancerIP
        controller.admissionWebhooks.service.loadBalancerSourceRanges controller.admissionWebhooks.service.type
        controller.admissionWebhooks.timeoutSeconds controller.affinity controller.annotations
        controller.autoscaling.enabled controller.autoscaling.maxReplicas controller.autoscaling.minReplicas
        controller.autoscaling.targetCPUUtilizationPercentage
        controller.autoscaling.targetMemoryUtilizationPercentage controller.autoscalingTemplate controller.config
        controller.configAnnotations controller.containerPort controller.customTemplate.configMapKey
        controller.customTemplate.configMapName controller.dnsConfig controller.dnsPolicy controller.electionID
        controller.enableMimalloc controller.extraArgs controller.extraContainers controller.extraEnvs
        controller.extraInitContainers controller.extraVolumeMounts controller.extraVolumes
        controller.healthCheckPath controller.hostNetwork controller.hostPort.enabled controller.hostPort.ports
        controller.image.allowPrivilegeEscalation controller.image.digest controller.image.pullPolicy
        controller.image.repository controller.image.runAsUser controller.image.tag controller.keda.apiVersion
        controller.keda.behavior controller.keda.cooldownPeriod controller.keda.enabled controller.keda.maxReplicas
        controller.keda.minReplicas controller.keda.pollingInterval controller.keda.restoreToOriginalReplicaCount
        controller.keda.scaledObject.annotations controller.keda.triggers controller.kind controller.labels
        controller.lifecycle controller.livenessProbe controller.maxmindLicenseKey controller.metrics.enabled
        controller.metrics.port controller.metrics.prometheusRule.additionalLabels
        controller.metrics.prometheusRule.enabled controller.metrics.prometheusRule.namespace
        controller.metrics.prometheusRule.rules controller.metrics.service.annotations
        controller.metrics.service.clusterIP controller.metrics.service.externalIPs
        controller.metrics.service.externalTrafficPolicy controller.metrics.service.labels
        controller.metrics.service.loadBalancerIP controller.metrics.service.loadBalancerSourceRanges
        controller.metrics.service.nodePort controller.metrics.service.servicePort controller.metrics.service.type
        controller.metrics.serviceMonitor.additionalLabels controller.metrics.serviceMonitor.enabled
        controller.metrics.serviceMonitor.honorLabels controller.metrics.serviceMonitor.metricRelabelings
        controller.metrics.serviceMonitor.namespace controller.metrics.serviceMonitor.namespaceSelector
        controller.metrics.serviceMonitor.scrapeInterval controller.metrics.serviceMonitor.targetLabels
        controller.minAvailable controller.minReadySeconds controller.name controller.nodeSelector
        controller.podAnnotations controller.podLabels controller.podSecurityContext controller.priorityClassName
        controller.proxySetHeaders controller.publishService.enabled controller.publishService.pathOverride
        controller.readinessProbe controller.replicaCount controller.reportNodeInternalIp controller.resources
        controller.scope.enabled controller.scope.namespace controller.service.annotations
        controller.service.clusterIP controller.service.enableHttp controller.service.enableHttps
        controller.service.enabled controller.service.externalIPs controller.service.externalTrafficPolicy
        controller.service.healthCheckNodePort controller.service.internal.annotations
        controller.service.internal.enabled controller.service.internal.externalTrafficPolicy
        controller.service.internal.loadBalancerIP controller.service.internal.loadBalancerSourceRanges
        controller.service.labels controller.service.loadBalancerIP controller.service.loadBalancerSourceRanges
        controller.service.nodePorts.http controller.service.nodePorts.https controller.service.nodePorts.tcp
        controller.service.nodePorts.udp controller.service.ports.http controller.service.ports.https
        controller.service.sessionAffinity controller.service.targetPorts.http controller.service.targetPorts.https
        controller.service.type controller.sysctls controller.tcp.annotations
        controller.terminationGracePeriodSeconds controller.tolerations controller.topologySpreadConstraints
        controller.udp.annotations controller.updateStrategy defaultBackend.affinity
        defaultBackend.autoscaling.enabled defaultBackend.autoscaling.maxReplicas
        defaultBackend.autoscaling.minReplicas defaultBackend.autoscaling.targetCPUUtilizationPercentage
        defaultBackend.autoscaling.targetMemoryUtilizationPercentage defaultBackend.enabled defaultBackend.extraArgs
        defaultBackend.extraEnvs defaultBackend.image.allowPrivilegeEscalation defaultBackend.image.digest
        defaultBackend.image.pullPolicy defaultBackend.image.readOnlyRootFilesystem defaultBackend.image.repository
        defaultBackend.image.runAsNonRoot defaultBackend.image.runAsUser defaultBackend.image.tag
        defaultBackend.livenessProbe defaultBackend.minAvailable defaultBackend.name defaultBackend.nodeSelector
        defaultBackend.podAnnotations defaultBackend.podLabels defaultBackend.podSecurityContext defaultBackend.port
        defaultBackend.priorityClassName defaultBackend.readinessProbe defaultBackend.replicaCount
        defaultBackend.resources defaultBackend.service.annotations defaultBackend.service.clusterIP
        defaultBackend.service.externalIPs defaultBackend.service.loadBalancerIP
        defaultBackend.service.loadBalancerSourceRanges defaultBackend.service.servicePort
        defaultBackend.service.type defaultBackend.serviceAccount.create defaultBackend.serviceAccount.name
        defaultBackend.tolerations dhParam fullnameOverride imagePullSecrets nameOverride rbac.create rbac.scope
        revisionHistoryLimit serviceAccount.create serviceAccount.name tcp udp
    """,
    "..0.45.0": "controller.livenessProbe.port controller.readinessProbe.port",
    "..1.0.0 1.0.5..": "controller.ingressClass",
    "..1.0.4": "controller.maxmindMirror",
    "..1.2.1": "controller.admissionWebhooks.patch.runAsUser",
    "..1.6.4": "controller.headers",
    "..1.11.8": "podSecurityPolicy.enabled",
    "0.44.0..": """
        defaultBackend.extraVolumeMounts defaultBackend.extraVolumes
        defaultBackend.serviceAccount.automountServiceAccountToken serviceAccount.automountServiceAccountToken
    """,
    "0.45.0..1.11.8": "controller.admissionWebhooks.existingPsp controller.existingPsp defaultBackend.existingPsp",
    "0.45.0..": "controller.metrics.serviceMonitor.jobLabel",
    "0.46.0..": """
        controller.admissionWebhooks.patch.image.image controller.admissionWebhooks.patch.image.registry
        controller.autoscaling.annotations controller.containerName controller.image.image controller.image.registry
        controller.startupProbe defaultBackend.image.image defaultBackend.image.registry
    """,
    "0.47.0..": """
        controller.ingressClassResource.default controller.ingressClassResource.enabled
        controller.ingressClassResource.parameters
    """,
    "0.49.0..": """
        controller.admissionWebhooks.createSecretJob.resources
        controller.admissionWebhooks.patchWebhookJob.resources controller.hostname
    """,
    "0.49.1..0.51.0 1.0.1..": "controller.allowSnippetAnnotations",
    "0.51.0..": "controller.autoscaling.behavior",
    "1.0.0..": """
        controller.configMapNamespace controller.ingressClassResource.controllerValue
        controller.ingressClassResource.name controller.tcp.configMapNamespace controller.udp.configMapNamespace
        controller.watchIngressWithoutClass
    """,
    "1.0.1..": "controller.healthCheckHost controller.ingressClassByName",
    "1.0.4..": "controller.service.ipFamilies controller.service.ipFamilyPolicy",
    "1.0.5..": """
        controller.admissionWebhooks.labels controller.admissionWebhooks.patch.labels
        controller.containerSecurityContext controller.scope.namespaceSelector controller.service.external.enabled
        defaultBackend.labels
    """,
    "1.1.0..": "controller.metrics.serviceMonitor.relabelings controller.service.appProtocol",
    "1.1.1..": "commonLabels controller.extraModules serviceAccount.annotations",
    "1.1.2..1.2.1": "controller.admissionWebhooks.patch.fsGroup",
    "1.1.3..": "controller.shareProcessNamespace",
    "1.2.0..": "controller.image.chroot controller.image.digestChroot portNamePrefix",
    "1.3.0..": "controller.admissionWebhooks.extraEnvs controller.admissionWebhooks.patch.securityContext",
    "1.3.0..1.9.0": "controller.admissionWebhooks.networkPolicyEnabled",
    "1.4.0..": "controller.metrics.portName",
    "1.5.1..": """
        controller.admissionWebhooks.certManager.admissionCert.duration
        controller.admissionWebhooks.certManager.enabled controller.admissionWebhooks.certManager.issuerRef
        controller.admissionWebhooks.certManager.rootCert.duration
        controller.admissionWebhooks.createSecretJob.securityContext
        controller.admissionWebhooks.patchWebhookJob.securityContext controller.maxUnavailable
    """,
    "1.5.1..1.7.1": "controller.autoscaling.apiVersion",
    "1.5.1..1.11.8": "controller.opentelemetry",
    "1.6.4..": "controller.enableTopologyAwareRouting defaultBackend.minReadySeconds defaultBackend.updateStrategy",
    "1.7.0..1.7.1": "defaultBackend.autoscaling.apiVersion",
    "1.7.1..": "controller.service.internal.ports controller.service.internal.targetPorts",
    "1.8.0..": "controller.admissionWebhooks.service.servicePort defaultBackend.autoscaling.annotations",
    "1.8.1..": "controller.keda.fallback controller.service.loadBalancerClass",
    "1.9.0..": "controller.enableAnnotationValidations controller.hostAliases",
    "1.9.1..": "controller.networkPolicy.enabled defaultBackend.networkPolicy.enabled",
    "1.9.4..": "namespaceOverride",
    "1.9.5..": """
        controller.admissionWebhooks.createSecretJob.name controller.admissionWebhooks.name
        controller.admissionWebhooks.patch.networkPolicy.enabled controller.admissionWebhooks.patchWebhookJob.name
        controller.image.readOnlyRootFilesystem controller.image.runAsNonRoot controller.image.seccompProfile
        controller.metrics.serviceMonitor.annotations controller.service.allocateLoadBalancerNodePorts
        controller.service.internal.allocateLoadBalancerNodePorts controller.service.internal.appProtocol
        controller.service.internal.clusterIP controller.service.internal.externalIPs
        controller.service.internal.healthCheckNodePort controller.service.internal.ipFamilies
        controller.service.internal.ipFamilyPolicy controller.service.internal.loadBalancerClass
        controller.service.internal.nodePorts.http controller.service.internal.nodePorts.https
        controller.service.internal.nodePorts.tcp controller.service.internal.nodePorts.udp
        controller.service.internal.sessionAffinity controller.service.internal.type
        defaultBackend.containerSecurityContext defaultBackend.extraConfigMaps defaultBackend.image.seccompProfile
    """,
    "1.11.0..": """
        controller.admissionWebhooks.patch.rbac.create
        controller.admissionWebhooks.patch.serviceAccount.automountServiceAccountToken
        controller.admissionWebhooks.patch.serviceAccount.create
        controller.admissionWebhooks.patch.serviceAccount.name controller.disableLeaderElection
        controller.electionTTL controller.ingressClassResource.aliases controller.ingressClassResource.annotations
        defaultBackend.topologySpreadConstraints
    """,
    "1.12.0..": """
        controller.image.runAsGroup controller.metrics.prometheusRule.annotations controller.metrics.service.enabled
        controller.progressDeadlineSeconds controller.unhealthyPodEvictionPolicy defaultBackend.image.runAsGroup
        defaultBackend.maxUnavailable defaultBackend.unhealthyPodEvictionPolicy global.image.registry
    """,
    "1.13.0..": """
        controller.admissionWebhooks.certManager.admissionCert.revisionHistoryLimit
        controller.admissionWebhooks.certManager.rootCert.revisionHistoryLimit
        controller.admissionWebhooks.createSecretJob.activeDeadlineSeconds
        controller.admissionWebhooks.patch.runtimeClassName
        controller.admissionWebhooks.patchWebhookJob.activeDeadlineSeconds
        controller.metrics.serviceMonitor.labelLimit controller.metrics.serviceMonitor.labelNameLengthLimit
        controller.metrics.serviceMonitor.labelValueLengthLimit controller.metrics.serviceMonitor.sampleLimit
        controller.metrics.serviceMonitor.targetLimit controller.runtimeClassName controller.service.clusterIPs
        controller.service.external.labels controller.service.internal.clusterIPs controller.service.internal.labels
        controller.service.internal.trafficDistribution controller.service.trafficDistribution
        defaultBackend.runtimeClassName defaultBackend.service.clusterIPs
    """,
    "1.14.0..": """
        controller.admissionWebhooks.createSecretJob.volumeMounts
        controller.admissionWebhooks.createSecretJob.volumes
        controller.admissionWebhooks.patchWebhookJob.volumeMounts
        controller.admissionWebhooks.patchWebhookJob.volumes controller.metrics.serviceMonitor.scrapeTimeout
        controller.resizePolicy
    """,
}
"""Releases -> the values that their charts read, each with all that is below it."""

KNOWN: Mapping[str, str] = {value: when for when, values in _READ.items() for value in values.split()}
"""Value -> the releases whose charts read it. Of two that fit, the longer counts."""

NOBODYS = ("enabled", "global")
"""What stands in values beside those of the chart: whether a chart around it installs it, and what all charts share."""

DEFAULTS: Mapping[str, Mapping[str, Fact]] = {
    "controller.allowSnippetAnnotations": {"..1.8.5": True, "1.9.0..": False},
    "controller.electionID": {"..1.4.0": "ingress-controller-leader", "1.5.1..": "that of the installation"},
    "controller.image.allowPrivilegeEscalation": {"..1.9.4": True, "1.9.5..": False},
    "controller.image.runAsGroup": {"..1.11.8": "", "1.12.0..": 82},
    "controller.image.runAsNonRoot": {"..1.9.4": "", "1.9.5..": True},
    "controller.image.seccompProfile.type": {"..1.9.4": "", "1.9.5..": "RuntimeDefault"},
    "controller.ingressClassResource.enabled": {"..0.51.0": False, "1.0.0..": True},
    "controller.metrics.service.servicePort": {"..0.43.0": 9913, "0.44.0..": 10254},
}
"""Defaults that were others, but for those of the controller's own flags and ConfigMap keys, unless the chart writes
them by itself.
"""

_SECURITY = "label the namespace with pod-security.kubernetes.io/enforce: PodSecurityPolicies are gone"
_MODULE = "the image has the module since 1.10.0: set controller.config.enable-opentelemetry"
_JOBS = "createSecretJob.securityContext and patchWebhookJob.securityContext below controller.admissionWebhooks"
INSTEAD: Mapping[str, str] = {
    "controller.admissionWebhooks.existingPsp": _SECURITY,
    "controller.admissionWebhooks.networkPolicyEnabled": "set controller.admissionWebhooks.patch.networkPolicy.enabled",
    "controller.admissionWebhooks.patch.fsGroup": "set controller.admissionWebhooks.patch.securityContext.fsGroup",
    "controller.admissionWebhooks.patch.runAsUser": f"set it in {_JOBS}",
    "controller.existingPsp": _SECURITY,
    "controller.headers": "set controller.proxySetHeaders",
    "controller.livenessProbe.port": "set controller.livenessProbe.httpGet.port",
    "controller.maxmindMirror": "set controller.extraArgs.maxmind-mirror",
    "controller.opentelemetry": _MODULE,
    "controller.readinessProbe.port": "set controller.readinessProbe.httpGet.port",
    "defaultBackend.existingPsp": _SECURITY,
    "podSecurityPolicy": _SECURITY,
}
"""Value -> what does since what it did."""


def entry_of(value: str, entries: Collection[str] = KNOWN) -> str:
    """The longest that the value is, or lies below of; "" for none."""
    return next((above for above in _upwards(value) if above in entries), "")


def _upwards(value: str) -> Iterator[str]:
    while value:
        yield value
        value = value.rpartition(".")[0]


def is_read(value: str, release: str) -> bool:
    """Whether the chart of a release reads the value, or what it lies below of."""
    entry = entry_of(value)
    return release in span(KNOWN[entry]) if entry else value.partition(".")[0] in NOBODYS


def is_read_by_any(value: str) -> bool:
    """Or something below it."""
    return bool(entry_of(value)) or any(each.startswith(f"{value}.") for each in KNOWN)


def last_reader(value: str, release: str) -> str:
    """The newest release below this one whose chart reads it, "" for none."""
    entry = entry_of(value)
    below = (name for name in PUBLISHED if number(name) < number(release))
    return next((name for name in reversed(list(below)) if entry and name in span(KNOWN[entry])), "")


def default_of(value: str, release: str) -> Fact:
    return next(default for when, default in DEFAULTS[value].items() if release in span(when))
