export * as AcceptEverything from "./AcceptEverything.js"
