import { Visitor } from "@swc/core/Visitor.js";

// Loaded before dependency-cruiser, whose syntax tree visitor does not know `using` and `await using`.
const { visitStatement } = Visitor.prototype;
Visitor.prototype.visitStatement = function visitStatementOrUsing(statement) {
  if (statement.type !== "UsingDeclaration") return visitStatement.call(this, statement);
  this.visitVariableDeclarators(statement.decls);
  return statement;
};
