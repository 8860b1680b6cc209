export {
  isList,
  isStruct,
  RPC_LIMITS,
  type RpcLimits,
  type RpcScalar,
  type RpcStruct,
  type RpcValue,
} from "./rpc-value";
export { RpcUsageError, UnencodableValueError } from "./rpc-errors";
export { RpcFault } from "./rpc-fault";
export {
  errorData,
  type FaultFields,
  json2Status,
  numericFault,
  ODOO_ERRORS,
  type OdooError,
  odooErrorOf,
  type OdooErrorKind,
  textualFault,
} from "./odoo-error";
export { odooDateTime, parseOdooDateTime } from "./odoo-date-time";
export {
  decodeMethodCall,
  decodeMethodResponse,
  type MethodCall,
} from "./xml/decode-xml-rpc";
export {
  encodeFault,
  encodeMethodCall,
  encodeMethodResponse,
  printableInXml,
} from "./xml/encode-xml-rpc";
export { decodeJson } from "./json/decode-json";
export { decodeJson2Body } from "./json/json-2";
export {
  decodeJsonRpcRequest,
  decodeJsonRpcResponse,
  encodeJson,
  encodeJsonRpcCall,
  encodeJsonRpcError,
  encodeJsonRpcResult,
  type JsonRpcId,
  type JsonRpcRequest,
  type ServiceCall,
  serviceCallOf,
} from "./json/json-rpc";
export {
  type OrderTerm,
  parseFieldNames,
  parseIds,
  parseLimit,
  parseOffset,
  parseOrder,
  parseUid,
} from "./search-arguments";
export {
  countName,
  type GroupOrder,
  type GroupTerm,
  parseGroupBy,
  parseGroupOrder,
  type TimeSpan,
} from "./group-arguments";
export {
  DOMAIN_LIMITS,
  type DomainLimits,
  parseDomain,
} from "./domains/parse-domain";
export type {
  DomainNode,
  DomainScalar,
  Inequality,
} from "./domains/domain-node";
export {
  type DomainField,
  type DomainModel,
  isRelational,
  type OdooFieldType,
} from "./domains/domain-model";
export type { BoundNode } from "./domains/bound-node";
export { bindDomain } from "./domains/bind-domain";
export { evaluateDomain, type RecordReader } from "./domains/evaluate-domain";
export {
  type OdooCaller,
  OdooClient,
  type OdooClientOptions,
  type OdooCredentials,
} from "./client/odoo-client";
export { Json2Client } from "./client/json2-client";
export { RpcTransport } from "./client/rpc-transport";
