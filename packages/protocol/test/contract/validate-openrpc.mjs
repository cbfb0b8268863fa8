import { json } from "node:stream/consumers";
import { validateOpenRPCDocument } from "@open-rpc/schema-utils-js";

// Says what the OpenRPC project's own validator thinks of the document on stdin: `valid`, or its mistakes. Plain JavaScript: the package
// ships its types as sources that do not pass our compiler's rules.
const verdict = validateOpenRPCDocument(await json(process.stdin));
process.stdout.write(verdict === true ? "valid" : verdict.message);
