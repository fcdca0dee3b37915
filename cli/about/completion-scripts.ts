/** Shells that can be helped. */
export const SHELLS = ['bash', 'zsh', 'fish'] as const;
/** One of them. */
export type Shell = (typeof SHELLS)[number];

const BASH = `# Completion of tidegate in bash: source <(tidegate completion bash)
_tidegate() {
  local line="\${COMP_LINE:0:COMP_POINT}" word
  local -a words
  # bash itself would split at : and =, which addresses hold.
  read -ra words <<< "$line"
  [[ "$line" == *[[:space:]] ]] && words+=("")
  COMPREPLY=()
  while IFS=$'\\t' read -r word _; do
    COMPREPLY+=("$word")
  done < <("\${words[0]/#\\~/$HOME}" __complete -- "\${words[@]:1}" 2>/dev/null)
}
complete -o default -F _tidegate tidegate
`;

const ZSH = `#compdef tidegate
# Completion of tidegate in zsh: source <(tidegate completion zsh)
_tidegate() {
  local -a found
  local line
  for line in "\${(@f)$("\${(Q)words[1]/#\\~/$HOME}" __complete -- "\${(@Q)words[2,CURRENT]}" 2>/dev/null)}"; do
    [[ -n "$line" ]] || continue
    line="\${line//:/\\\\:}"
    found+=("\${line/$'\\t'/:}")
  done
  if (( $#found )); then
    _describe tidegate found
  else
    _files
  fi
}
compdef _tidegate tidegate
`;

const FISH = `# Completion of tidegate in fish: tidegate completion fish | source
function __tidegate_complete
  set -l words (commandline -opc)
  set -l current (commandline -ct)
  set -l name $words[1]
  set -e words[1]
  set -l found ($name __complete -- $words "$current" 2>/dev/null)
  if test (count $found) -gt 0
    printf '%s\\n' $found
  else
    __fish_complete_path "$current"
  end
end
complete -c tidegate -f -a '(__tidegate_complete)'
`;

const SCRIPTS: Readonly<Record<Shell, string>> = { bash: BASH, zsh: ZSH, fish: FISH };

/** A script that asks `tidegate __complete` for what may follow. */
export const shellScript = (shell: Shell): string => SCRIPTS[shell];
