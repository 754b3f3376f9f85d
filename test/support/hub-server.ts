/**
 * A server on the loopback that speaks the Hub's protocol: listings, `resolve` with redirects to a second origin for
 * large files, ranges, ETags and errors.
 */
import { createHash } from "node:crypto";
import { createServer, type IncomingMessage, type Server, type ServerResponse } from "node:http";
import type { AddressInfo } from "node:net";

export interface HubFile {
  readonly bytes: Uint8Array;
  /** Large: its ETag is a SHA-256, and it is served by the other origin. */
  readonly large?: boolean;
}

export interface SeenRequest {
  readonly origin: "hub" | "store";
  readonly path: string;
  readonly range: string | undefined;
  readonly authorization: string | undefined;
}

export class HubServer implements AsyncDisposable {
  /** Of the one repository, "org/name" at "main". */
  readonly files = new Map<string, HubFile>();
  readonly seen: SeenRequest[] = [];
  /** Answers every request of the Hub with this status. */
  status: number | null = null;
  /** Bytes after which each of the next so many answers with more is cut. */
  cutAfter = 0;
  cuts = 0;
  /** Sends other bytes than the ETag says. */
  damaged = false;
  readonly #hub: Server;
  readonly #store: Server;

  private constructor() {
    this.#hub = createServer((request, response) => this.#answerHub(request, response));
    this.#store = createServer((request, response) => this.#answerStore(request, response));
  }

  static async start(): Promise<HubServer> {
    const server = new HubServer();
    for (const each of [server.#hub, server.#store]) {
      await new Promise<void>((resolve) => each.listen(0, "127.0.0.1", resolve));
    }
    return server;
  }

  get endpoint(): string {
    return urlOf(this.#hub);
  }

  downloads(name: string): SeenRequest[] {
    return this.seen.filter(({ path, range }) => path.endsWith(`/${name}`) && range !== "bytes=0-0");
  }

  async [Symbol.asyncDispose](): Promise<void> {
    for (const each of [this.#hub, this.#store]) {
      each.closeAllConnections();
      await new Promise((resolve) => each.close(resolve));
    }
  }

  #note(origin: SeenRequest["origin"], { url = "", headers }: IncomingMessage): string {
    const path = decodeURIComponent(url.split("?")[0]);
    this.seen.push({ origin, path, range: headers.range, authorization: headers.authorization });
    return path;
  }

  #answerHub(request: IncomingMessage, response: ServerResponse): void {
    const path = this.#note("hub", request);
    if (this.status !== null) {
      return void response.writeHead(this.status, { "content-type": "application/json" }).end('{"error":"no"}');
    }
    if (path.startsWith("/api/models/org/name/tree/main")) {
      const listing = [...this.files].map(([name, { bytes }]) => ({
        type: "file",
        path: name,
        size: bytes.length,
        oid: "0",
      }));
      return void response.writeHead(200, { "content-type": "application/json" }).end(JSON.stringify(listing));
    }
    const file = this.files.get(path.replace("/org/name/resolve/main/", ""));
    if (file === undefined) return void response.writeHead(404, { "x-error-code": "EntryNotFound" }).end("not found");
    if (file.large === true) {
      return void response
        .writeHead(302, {
          location: `${urlOf(this.#store)}${path}`,
          "x-linked-etag": etagOf(file),
          "x-linked-size": file.bytes.length,
        })
        .end();
    }
    this.#send(file, request, response);
  }

  #answerStore(request: IncomingMessage, response: ServerResponse): void {
    const path = this.#note("store", request);
    this.#send(this.files.get(path.replace("/org/name/resolve/main/", ""))!, request, response);
  }

  #send(file: HubFile, { headers }: IncomingMessage, response: ServerResponse): void {
    const { bytes, large } = file;
    const etag = large === true ? '"of-the-store-itself"' : etagOf(file);
    const [, from, to] = /^bytes=(\d+)-(\d*)$/.exec(headers.range ?? "") ?? [];
    const start = Number(from ?? 0);
    const end = to === undefined || to === "" ? bytes.length : Number(to) + 1;
    const range = from === undefined ? {} : { "content-range": `bytes ${start}-${end - 1}/${bytes.length}` };
    response.writeHead(from === undefined ? 200 : 206, { etag, "content-length": end - start, ...range });
    const part = this.damaged ? new Uint8Array(end - start) : bytes.subarray(start, end);
    if (this.cuts <= 0 || part.length <= this.cutAfter) return void response.end(part);
    this.cuts--;
    response.write(part.subarray(0, this.cutAfter), () => response.socket?.end());
  }
}

function etagOf({ bytes, large }: HubFile): string {
  const hash = large === true ? createHash("sha256") : createHash("sha1").update(`blob ${bytes.length}\0`);
  return `"${hash.update(bytes).digest("hex")}"`;
}

function urlOf(server: Server): string {
  return `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
}
