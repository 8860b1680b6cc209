import type { ConditionReason } from "./condition-reason";

/** What the conditions of a Cluster may say. */
export const CLUSTER_REASONS = [
  {
    condition: "Connected",
    status: "True",
    reason: "RoundTripOK",
    meaning: "The control plane answers.",
    remedy: "Nothing.",
  },
  {
    condition: "Connected",
    status: "True",
    reason: "ControlPlaneReachable",
    meaning:
      "The registration succeeded; the new credential has not been tried yet.",
    remedy: "Nothing.",
  },
  {
    condition: "Connected",
    status: "False",
    reason: "ControlPlaneUnreachable",
    meaning: "The control plane does not answer; the message says why.",
    remedy:
      "Check CONTROL_PLANE_ENDPOINT of the agent, DNS, proxy and firewall.",
  },
  {
    condition: "Connected",
    status: "False",
    reason: "ServerCertificateInvalid",
    meaning:
      "The agent refuses the control plane's certificate: expired, of another name, or signed by nobody it trusts; the message says which.",
    remedy:
      "Renew the gateway's certificate, or name its issuer in VWORKSPACE_CA_FILE of the agent; check that no proxy on the way puts its own in its place.",
  },
  {
    condition: "Disconnected",
    status: "True",
    reason: "NoRecentRoundTrip",
    meaning:
      "The control plane has not answered for longer than spec.connectivity.disconnectAfterSeconds; applications keep running.",
    remedy:
      "Check CONTROL_PLANE_ENDPOINT of the agent, DNS, proxy and firewall.",
  },
  {
    condition: "Disconnected",
    status: "False",
    reason: "Connected",
    meaning: "The connection is alive.",
    remedy: "Nothing.",
  },
  {
    condition: "Authenticated",
    status: "True",
    reason: "CredentialAccepted",
    meaning: "The control plane accepts the credential.",
    remedy: "Nothing.",
  },
  {
    condition: "Authenticated",
    status: "False",
    reason: "CredentialRejected",
    meaning: "The control plane refuses the credential.",
    remedy:
      "Issue a registration token, put it into the Secret and set the annotation ops.vworkspace.io/rotate-credentials.",
  },
  {
    condition: "Authenticated",
    status: "False",
    reason: "ControlPlaneAuthenticationFailed",
    meaning:
      "The credential was refused, and whether the control plane takes another one could not be found out.",
    remedy: "Read the message; the agent tries again.",
  },
  {
    condition: "Authenticated",
    status: "False",
    reason: "CredentialExpired",
    meaning: "The credential expired and could not be renewed.",
    remedy:
      "Issue a registration token, put it into the Secret and set the annotation ops.vworkspace.io/rotate-credentials.",
  },
  {
    condition: "Authenticated",
    status: "False",
    reason: "CertificateUnknown",
    meaning:
      "The control plane refuses the client certificate: none came, it expired, was revoked, or is of another CA or another agent; the message says which. Asking for another one by the agent's key was refused too.",
    remedy:
      "Check that no proxy on the way takes the certificate off. Else issue a registration token, put it into the Secret and set the annotation ops.vworkspace.io/rotate-credentials.",
  },
  {
    condition: "ControllersHealthy",
    status: "True",
    reason: "AllControllersReady",
    meaning:
      "What is needed (Flux's source and helm controllers) and every add-on that is installed works.",
    remedy: "Nothing.",
  },
  {
    condition: "ControllersHealthy",
    status: "False",
    reason: "ControllerMissing",
    meaning:
      "A controller that is needed is not installed; the message names it.",
    remedy: "Install it; the agent picks it up without a restart.",
  },
  {
    condition: "ControllersHealthy",
    status: "False",
    reason: "ControllerDegraded",
    meaning:
      "A controller or add-on that is installed does not work; the message names it.",
    remedy: "Look at its pods and logs.",
  },
  {
    condition: "BufferOverflow",
    status: "True",
    reason: "EventBufferFull",
    meaning:
      "Events were lost because the control plane took none for too long.",
    remedy:
      "Restore the connection; the next snapshot makes up for what was lost.",
  },
  {
    condition: "BufferOverflow",
    status: "False",
    reason: "BufferDrained",
    meaning: "Nothing is lost any more.",
    remedy: "Nothing.",
  },
  {
    condition: "ClockSkewed",
    status: "True",
    reason: "ClockSkew",
    meaning:
      "The node's clock and the control plane's differ by more than a minute; the agent goes by the control plane's.",
    remedy:
      "Set the time of the node that the agent runs on (NTP), or the control plane's.",
  },
  {
    condition: "ClockSkewed",
    status: "False",
    reason: "ClockInStep",
    meaning: "They differ by less than half a minute again.",
    remedy: "Nothing.",
  },
] as const satisfies readonly ConditionReason[];

export type ClusterReason = (typeof CLUSTER_REASONS)[number]["reason"];
