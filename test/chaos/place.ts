/** Where an application stands in a cluster. */
export interface Place {
  readonly namespace: string;
  readonly name: string;
}

export function placeOf({ namespace, name }: Place): string {
  return `${namespace}/${name}`;
}
