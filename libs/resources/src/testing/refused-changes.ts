import {
  CHART,
  managed,
  NAMESPACE,
  operation,
  placeholder,
  RELEASE,
  type Manifest,
} from "./manifests";
import type { Refusal } from "./refusal";

/** A change that the CRD refuses: `given` stands already, `manifest` is to replace it. */
export interface RefusedChange extends Refusal {
  readonly given: Manifest;
  readonly message: string;
}

const withRelease = (release: Readonly<Record<string, unknown>>) =>
  managed({ release: { ...RELEASE, ...release } });

const MODE_STAYS =
  "spec.mode is immutable: delete the instance and create it with the other mode";
const RELEASE_STAYS =
  "spec.release is immutable: delete the instance and create it with the other release, since a renamed release would leave the old one behind";
const operationStays = (field: string) =>
  `spec.${field} is immutable: cancel the operation and create another one`;

export const REFUSED_CHANGES: readonly RefusedChange[] = [
  {
    title: "turning a managed instance into a placeholder",
    given: managed(),
    manifest: managed({
      mode: "placeholder",
      chart: undefined,
      release: undefined,
      values: undefined,
    }),
    field: "spec.mode",
    message: MODE_STAYS,
  },
  {
    title: "turning a placeholder into a managed instance",
    given: placeholder(),
    manifest: placeholder({ mode: "managed", chart: CHART, release: RELEASE }),
    field: "spec.mode",
    message: MODE_STAYS,
  },
  {
    title: "removing the mode of a placeholder, which would make it managed",
    given: placeholder(),
    manifest: placeholder({
      mode: undefined,
      chart: CHART,
      release: RELEASE,
    }),
    field: "spec.mode",
    message: MODE_STAYS,
  },
  {
    title: "renaming the release",
    given: managed(),
    manifest: withRelease({ name: "other" }),
    field: "spec.release",
    message: RELEASE_STAYS,
  },
  {
    title: "moving the release to another namespace",
    given: managed(),
    manifest: withRelease({ namespace: `${NAMESPACE}-2` }),
    field: "spec.release",
    message: RELEASE_STAYS,
  },
  {
    title: "removing the release, which could be added under another name then",
    given: managed(),
    manifest: managed({ release: undefined }),
    field: "spec.release",
    message: RELEASE_STAYS,
  },
  {
    title: "adding a release where there was none",
    given: placeholder(),
    manifest: placeholder({ release: RELEASE }),
    field: "spec.release",
    message: RELEASE_STAYS,
  },
  {
    title: "pointing an operation at another target",
    given: operation(),
    manifest: operation({
      targetRef: {
        apiVersion: "apps.vworkspace.io/v1alpha1",
        kind: "ApplicationInstance",
        name: "other",
      },
    }),
    field: "spec.targetRef",
    message: operationStays("targetRef"),
  },
  {
    title: "changing the type of an operation",
    given: operation(),
    manifest: operation({ type: "Restore" }),
    field: "spec.type",
    message: operationStays("type"),
  },
  {
    title: "changing the engine of an operation",
    given: operation(),
    manifest: operation({ engine: "snapshot" }),
    field: "spec.engine",
    message: operationStays("engine"),
  },
];
