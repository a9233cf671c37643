import { SqlClient } from "@effect/sql"
import { SqliteClient } from "@effect/sql-sqlite-node"
import { Effect, ManagedRuntime } from "effect"
import { spawn } from "node:child_process"
import { once } from "node:events"
import { chmod, copyFile, mkdir, mkdtemp, readdir, rm, stat, writeFile } from "node:fs/promises"
import { tmpdir } from "node:os"
import { join } from "node:path"
import { describe, expect, it } from "vitest"
import { fulfill, key, program } from "./processes.js"

/** An ordinary user's: an administrator may write everywhere. */
const user = process.getuid?.() === 0 ? { uid: 65_534, gid: 65_534 } : {}

/** Runs the command as an ordinary user. */
const asUser = async (args: ReadonlyArray<string>, env: Readonly<Record<string, string>>) => {
  const child = spawn(process.execPath, [program, ...args], {
    env: { PATH: process.env["PATH"], ...env },
    stdio: ["ignore", "pipe", "pipe"],
    ...user
  })
  const output = { stdout: "", stderr: "" }
  child.stdout.on("data", (data) => output.stdout += String(data))
  child.stderr.on("data", (data) => output.stderr += String(data))
  const [code] = await once(child, "close")
  return { code, ...output }
}

/** A folder whose outbox has two rows that wait, and which nobody may write to. */
const inLockedFolder = async (
  use: (folder: { readonly locked: string; readonly file: string; readonly database: string }) => Promise<void>
) => {
  const directory = await mkdtemp(join(tmpdir(), "fulfill-"))
  await chmod(directory, 0o755)
  const locked = join(directory, "locked")
  const database = join(locked, "outbox.sqlite")
  const file = join(directory, "shipments.csv")
  try {
    await mkdir(locked)
    await writeFile(file, "shipment_id,tracking_number,carrier_code\nse-1,1Z1,ups\nse-2,1Z2,ups\n")
    await chmod(file, 0o644)
    await offer(file, database)
    await chmod(database, 0o444)
    await chmod(locked, 0o555)
    await use({ locked, file, database })
  } finally {
    await chmod(locked, 0o755)
    await rm(directory, { recursive: true, force: true })
  }
}

const offer = async (file: string, database: string) => {
  const env = { SHIPSTATION_API_KEY: key, SHIPSTATION_BASE_URL: "http://127.0.0.1:1", FULFILL_DATABASE: database }
  const offered = fulfill(["import", file, "--notify", "none", "--yes", "--offer-only"], env)
  expect(await offered.exit).toBe(0)
}

/** Offers one more row, which is in the database's log only while what this gives isn't disposed of. */
const offerMore = async (file: string, database: string) => {
  await chmod(database, 0o644)
  const open = ManagedRuntime.make(SqliteClient.layer({ filename: database }))
  await open.runPromise(Effect.flatMap(SqlClient.SqlClient, (sql) => sql`SELECT count(*) FROM sqlite_master`))
  await writeFile(file, "shipment_id,tracking_number,carrier_code\nse-3,1Z3,ups\n")
  await offer(file, database)
  return open
}

describe.skipIf(process.platform === "win32")("an outbox that nobody may write to", () => {
  it("is read by what only reads, which leaves nothing behind", () =>
    inLockedFolder(async ({ database, file, locked }) => {
      const env = { FULFILL_DATABASE: database }
      const { mtimeMs } = await stat(database)
      const status = await asUser(["status", "--json"], env)
      expect(status).toMatchObject({ code: 0, stderr: "" })
      expect(JSON.parse(status.stdout)).toMatchObject({ states: { pending: { count: 2 } } })
      const list = await asUser(["list", "--json"], env)
      expect(list).toMatchObject({ code: 0, stdout: expect.stringContaining("se-2") })
      const show = await asUser(["show", "se-1"], env)
      expect(show).toMatchObject({ code: 0, stdout: expect.stringContaining("1Z1") })
      const plan = await asUser(["plan", file, "--notify", "none", "--problems", "/dev/null"], env)
      expect(plan).toMatchObject({ code: 0, stdout: expect.stringContaining("2 waiting") })
      expect(await readdir(locked)).toStrictEqual(["outbox.sqlite"])
      expect((await stat(database)).mtimeMs).toBe(mtimeMs)
    }))

  it("is read while another has it open, with what is in its log only", () =>
    inLockedFolder(async ({ database, file, locked }) => {
      await chmod(locked, 0o755)
      const open = await offerMore(file, database)
      await chmod(locked, 0o555)
      for (const name of await readdir(locked)) await chmod(join(locked, name), 0o444)
      const before = await readdir(locked)
      expect(before).toHaveLength(3)
      const list = await asUser(["list", "--json"], { FULFILL_DATABASE: database })
      expect(list).toMatchObject({ code: 0, stdout: expect.stringContaining("se-3") })
      expect(await readdir(locked)).toStrictEqual(before)
      await open.dispose()
    }))

  it("is read with the log that a killed process left", () =>
    inLockedFolder(async ({ database, file, locked }) => {
      await chmod(locked, 0o755)
      const open = await offerMore(file, database)
      const copy = join(locked, "copy.sqlite")
      await copyFile(database, copy)
      await copyFile(`${database}-wal`, `${copy}-wal`)
      await open.dispose()
      for (const name of await readdir(locked)) await chmod(join(locked, name), 0o444)
      await chmod(locked, 0o555)
      const list = await asUser(["list", "--json"], { FULFILL_DATABASE: copy })
      expect(list).toMatchObject({ code: 0, stdout: expect.stringContaining("se-3") })
      expect(await readdir(locked)).toStrictEqual(["copy.sqlite", "copy.sqlite-wal", "outbox.sqlite"])
    }))

  it("isn't written to by what would have to", () =>
    inLockedFolder(async ({ database }) => {
      const pause = await asUser(["pause"], { FULFILL_DATABASE: database })
      expect(pause.code).toBe(2)
      expect(pause.stderr).toContain("it, or its folder, may only be read")
    }))
})
