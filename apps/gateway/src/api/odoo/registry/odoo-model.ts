import type {
  RecordField,
  RecordModel,
  SqlExpression,
} from "../../../database/records/record-model";
import { char, column, integer, type ModelField } from "./model-field";

export interface ModelSpec {
  /** For example `vworkspace.cluster`. */
  readonly name: string;
  readonly label: string;
  /** The field that stands for a record; see DomainModel. */
  readonly displayField: string;
  readonly from: string;
  /** By number where it isn't said. */
  readonly defaultOrder?: SqlExpression;
  readonly fields: readonly ModelField[];
}

/** A model: its name, its fields and where its records are. What may be done with them is the registry's business. */
export class OdooModel implements RecordModel {
  readonly name: string;
  readonly label: string;
  readonly displayField: string;
  readonly from: string;
  readonly defaultOrder: SqlExpression;
  /** `id` and `display_name` among them. */
  readonly fields: readonly ModelField[];
  private readonly byName: ReadonlyMap<string, ModelField>;

  constructor(spec: ModelSpec) {
    this.name = spec.name;
    this.label = spec.label;
    this.displayField = spec.displayField;
    this.from = spec.from;
    this.defaultOrder = spec.defaultOrder ?? column("number");
    const display = spec.fields.find((one) => one.name === spec.displayField);
    if (display === undefined)
      throw new Error(`${spec.name} has no field ${spec.displayField}.`);
    this.fields = [
      integer("id", "ID", {
        sql: column("number"),
        isUnique: true,
        isAlwaysSet: true,
      }),
      char("display_name", "Display name", { sql: display.sql }),
      ...spec.fields,
    ];
    this.byName = new Map(this.fields.map((one) => [one.name, one]));
  }

  field(name: string): ModelField | undefined {
    return this.byName.get(name);
  }

  comodel(field: RecordField): RecordModel | undefined {
    return field.target?.();
  }

  /** @throws Error for a name that nobody checked. */
  require(name: string): ModelField {
    const field = this.field(name);
    if (field === undefined)
      throw new Error(`${this.name} has no field ${name}.`);
    return field;
  }
}
