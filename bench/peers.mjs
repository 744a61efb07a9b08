// The other programs by name. One that was asked for and is not here is an error, never a row left out.
import { borg } from "./peers/borg.mjs";
import { restic } from "./peers/restic.mjs";
import { squashfs } from "./peers/squashfs.mjs";
import { zstd } from "./peers/zstd.mjs";
import { versionOf } from "./programs.mjs";

const peers = { restic, borg, zstd, squashfs };

/** Names of all peers. */
export const peerNames = Object.keys(peers);

/** Peers that are here, with the versions they print. @throws an error that names Debian's package when one is missing */
export function loadPeers(names) {
  return names.map((name) => {
    const peer = peers[name];
    const [version] = peer.programs.map(versionOf);
    return { ...peer, name, version };
  });
}
