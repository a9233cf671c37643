import { defineConfig } from "vitest/config"
import { BaseSequencer, type TestSpecification } from "vitest/node"

/** The fastest first: one that fails is enough. */
class FastestFirst extends BaseSequencer {
  override async sort(files: Array<TestSpecification>) {
    const took = ({ moduleId, project }: TestSpecification) =>
      this.ctx.cache.getFileTestResults(`${project.name}:${moduleId.slice(this.ctx.config.root.length)}`)?.duration ?? 0
    return files.toSorted((one, other) => took(one) - took(other))
  }
}

/** The tests that are to notice a mutant: those of the package where it stands. */
export default defineConfig({
  test: {
    include: ["packages/{http-client,fulfillments}/test/**/*.test.ts"],
    // what is about types, or docs; and many histories: what they find has a test of its own
    exclude: ["**/types.test.ts", "**/reference.test.ts", "**/createOneHistories.test.ts"],
    testTimeout: 60_000,
    // to load everything again for each file takes longer than the tests
    isolate: false,
    sequence: { sequencer: FastestFirst }
  }
})
