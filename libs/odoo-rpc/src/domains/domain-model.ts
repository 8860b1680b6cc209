/** The types of Odoo's fields that a model here may have; fields_get reports them by these names. */
export type OdooFieldType =
  | "char"
  | "text"
  | "html"
  | "selection"
  | "integer"
  | "float"
  | "boolean"
  | "date"
  | "datetime"
  | "json"
  | "many2one"
  | "one2many"
  | "many2many";

/** What a domain needs to know of a field. A store's own field (with its column, say) extends it. */
export interface DomainField {
  readonly name: string;
  readonly type: OdooFieldType;
}

/** What a domain needs to know of a model. */
export interface DomainModel<F extends DomainField = DomainField> {
  readonly name: string;
  /** The field whose text stands for the record: `display_name`, and what a relation is compared to by text. */
  readonly displayField: string;
  field(name: string): F | undefined;
  /** The model that a relational field leads to. */
  comodel(field: F): DomainModel<F> | undefined;
}

const RELATIONAL: ReadonlySet<OdooFieldType> = new Set([
  "many2one",
  "one2many",
  "many2many",
]);

export function isRelational(field: DomainField): boolean {
  return RELATIONAL.has(field.type);
}
