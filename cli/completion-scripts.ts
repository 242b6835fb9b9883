/** The shells that can complete `rkat`. */
export const shells = ["bash", "zsh", "fish"] as const;
export type Shell = (typeof shells)[number];

const scripts: Record<Shell, string> = {
  bash: `# eval "$(rkat completion bash)" in ~/.bashrc
_rkat() {
  local IFS=$'\\n'
  COMPREPLY=($(rkat complete -- "\${COMP_WORDS[@]:1:COMP_CWORD}" 2>/dev/null | cut -f1))
}
complete -o default -F _rkat rkat
`,
  zsh: `#compdef rkat
# eval "$(rkat completion zsh)" in ~/.zshrc, after compinit
_rkat() {
  local -a found
  found=("\${(@f)$(rkat complete -- "\${(@)words[2,CURRENT]}" 2>/dev/null)}")
  found=("\${(@)found//$'\\t'/:}")
  _describe rkat found
}
compdef _rkat rkat
`,
  fish: `# rkat completion fish > ~/.config/fish/completions/rkat.fish
complete -c rkat -f -a '(set -l word (commandline -ct); rkat complete -- (commandline -opc)[2..] "$word" 2>/dev/null)'
`,
};

/** A script for the shell to read, which asks `rkat complete` at each press of Tab. */
export function completionScript(shell: Shell): string {
  return scripts[shell];
}
