export { ConnectionClosedError, type RequestOptions } from "@orchastration/protocol/rpc";
export { type Attachment, type AttachmentEvent, type AttachOptions, attach } from "./attach.ts";
export type { ClientInfo, DaemonClient, OnOpen, ServerFacts } from "./client.ts";
export { createClient } from "./client.ts";
export { AttachmentLostError, DaemonUnreachableError } from "./client-error.ts";
export { type ConnectOptions, connect } from "./connect.ts";
export { daemonEnvironment, type LaunchOptions } from "./launch-daemon.ts";
export { connectResiliently, type ResilientClient, type ResilientOptions } from "./resilient-client.ts";
export type { EventListener, SubscribeOptions, Subscription } from "./subscription.ts";
