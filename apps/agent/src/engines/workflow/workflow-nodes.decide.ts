import type { WorkflowNode, WorkflowNodes } from "./workflow";

/** Steps that do something by themselves; the others only hold them together and fail with them. */
const LEAVES = new Set(["Pod", "Container", "Suspend", "HTTP", "Plugin"]);
const FAILED = new Set(["Failed", "Error"]);

export function nameOf({ displayName, name, id }: WorkflowNode): string {
  return displayName ?? name ?? id;
}

/** The step that started last among those that run. */
export function runningNode(nodes: WorkflowNodes): WorkflowNode | undefined {
  return leaves(nodes)
    .filter(({ phase }) => phase === "Running")
    .sort((a, b) => inOrder(b.startedAt, a.startedAt))[0];
}

/** A step where the workflow waits for somebody. */
export function suspendedNode(nodes: WorkflowNodes): WorkflowNode | undefined {
  return leaves(nodes).find(
    ({ type, phase }) => type === "Suspend" && phase === "Running",
  );
}

/** The step that failed first; one that went well at another try is none. */
export function firstFailedNode(
  nodes: WorkflowNodes,
): WorkflowNode | undefined {
  const mended = new Set(
    Object.values(nodes)
      .filter(({ type, phase }) => type === "Retry" && phase === "Succeeded")
      .flatMap(({ children = [] }) => children),
  );
  const failed = Object.values(nodes)
    .filter(({ id, phase = "" }) => FAILED.has(phase) && !mended.has(id))
    .sort((a, b) => inOrder(a.finishedAt, b.finishedAt));
  return failed.find(isLeaf) ?? failed[0];
}

function leaves(nodes: WorkflowNodes): readonly WorkflowNode[] {
  return Object.values(nodes).filter(isLeaf);
}

function isLeaf({ type = "" }: WorkflowNode): boolean {
  return LEAVES.has(type);
}

/** Times in RFC 3339 and UTC; what has none comes last. */
function inOrder(
  a: string | null | undefined,
  b: string | null | undefined,
): number {
  return (a ?? "~").localeCompare(b ?? "~");
}
