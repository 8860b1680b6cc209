/** RFC 1123 label, as Kubernetes names namespaces and services; at most 63 characters. */
export const DNS_LABEL_PATTERN = "^[a-z0-9]([-a-z0-9]*[a-z0-9])?$";
export const DNS_LABEL_MAX_LENGTH = 63;
/** RFC 1123 subdomain, as Kubernetes names most objects; at most 253 characters. */
export const DNS_SUBDOMAIN_PATTERN =
  "^[a-z0-9]([-a-z0-9]*[a-z0-9])?([.][a-z0-9]([-a-z0-9]*[a-z0-9])?)*$";
export const DNS_SUBDOMAIN_MAX_LENGTH = 253;

const dnsLabel = new RegExp(DNS_LABEL_PATTERN);

export function isDnsLabel(text: string): boolean {
  return text.length <= DNS_LABEL_MAX_LENGTH && dnsLabel.test(text);
}
