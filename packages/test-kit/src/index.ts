export * as AcceptEverything from "./AcceptEverything.js"

export * as Picture from "./Picture.js"
