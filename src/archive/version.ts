// The name and version that archives carry as their writer. spec/08-manifest.md#manifest

/** `writer` of manifests; a test compares the version with package.json. */
export const writerName = { name: "ptar", version: "0.1.0" } as const;
