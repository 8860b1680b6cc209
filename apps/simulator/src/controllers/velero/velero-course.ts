import { APPLICATION_INSTANCE, LABELS } from "@vworkspace/resources";
import { fieldsAt, stringAt } from "../../json";
import type { KubeObject } from "../../kube-object";
import type { VeleroStep } from "../../script/course";
import type { CourseBook } from "../../script/course-book";
import type { ClusterAccess } from "../cluster-access";
import { COURSE_ANNOTATION } from "../flux/course-facts";
import { namespacesOf } from "./backed-up-objects";
import { BACKUP } from "./velero-kinds";

/** How a backup or restore of an application ends: as the course of the instance that it was made for has it. */
export function veleroCourse(
  object: KubeObject,
  cluster: ClusterAccess,
  courses: CourseBook,
): VeleroStep {
  const [source = ""] = namespacesOf(object);
  const mapping = fieldsAt(object, "spec", "namespaceMapping");
  const namespace = stringAt(mapping, source) || source;
  const name = object.metadata.labels?.[LABELS.applicationInstance] ?? "";
  const instance = cluster.get({ ...APPLICATION_INSTANCE, namespace, name });
  const annotation = instance?.metadata.annotations?.[COURSE_ANNOTATION] ?? "";
  const facts = { name, namespace, chart: "", version: "", annotation };
  const action = object.kind === BACKUP.kind ? "backup" : "restore";
  return courses.velero(action, `${namespace}/${name}`, facts);
}
