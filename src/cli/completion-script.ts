// The scripts of `ptar completion`, which a shell reads at its start.
import { completionRequest, foldersAnswer } from "./complete.js";

/** The name of the function in the scripts. */
const name = "_ptar_completions";

const bash = `# completions of ptar for bash: add the next line to ~/.bashrc
#   eval "$(ptar completion)"
${name}() {
  local words
  mapfile -t words < <(ptar ${completionRequest} "\${COMP_WORDS[@]:0:COMP_CWORD+1}")
  COMPREPLY=()
  if [ "\${words[0]}" = "${foldersAnswer}" ]; then
    compopt -o filenames -o nospace 2>/dev/null
    mapfile -t COMPREPLY < <(compgen -d -- "\${COMP_WORDS[COMP_CWORD]}")
  elif [ -n "\${words[0]}" ]; then
    COMPREPLY=("\${words[@]}")
  else
    compopt -o default 2>/dev/null
  fi
}
complete -F ${name} ptar`;

const zsh = `#compdef ptar
# completions of ptar for zsh: add the next line to ~/.zshrc, after compinit
#   eval "$(ptar completion)"
${name}() {
  local -a candidates
  candidates=("\${(@f)$(ptar ${completionRequest} "\${(@)words[1,CURRENT]}")}")
  if [[ "$candidates[1]" == "${foldersAnswer}" ]]; then
    _files -/
  elif [[ -n "$candidates[1]" ]]; then
    compadd -a candidates
  else
    _files
  fi
}
compdef ${name} ptar`;

/** The script for the shell of `SHELL`: zsh, else bash. */
export function completionScript({ SHELL, ZSH_NAME }: NodeJS.ProcessEnv): string {
  return SHELL?.endsWith("zsh") === true || ZSH_NAME !== undefined ? zsh : bash;
}
