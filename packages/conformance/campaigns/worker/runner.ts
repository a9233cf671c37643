/** A runner of a cluster whose storage is the database of the outbox. What takes long elsewhere goes quickly here. */
import { RunnerAddress } from "@effect/cluster"
import { NodeClusterSocket } from "@effect/platform-node"
import { Option } from "effect"

export const runner = (port: number) =>
  NodeClusterSocket.layer({
    shardingConfig: {
      runnerAddress: Option.some(RunnerAddress.make("127.0.0.1", port)),
      shardsPerGroup: 30,
      shardLockRefreshInterval: "1 second",
      shardLockExpiration: "4 seconds",
      refreshAssignmentsInterval: "500 millis",
      runnerHealthCheckInterval: "1 second",
      entityTerminationTimeout: "500 millis",
      entityMessagePollInterval: "500 millis"
    }
  })
