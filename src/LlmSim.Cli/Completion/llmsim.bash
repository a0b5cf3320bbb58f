# Completion of llmsim for bash: source <(llmsim completion bash)
_llmsim() {
  local line="${COMP_LINE:0:COMP_POINT}" IFS=$'\n'
  # What bash takes for an end of a word stands before the cursor already.
  local word="${line##* }" cut
  if [[ $word == --*=* ]]; then
    line="${line%"$word"}${word/=/ }"
    word="${word#*=}"
  fi
  cut="${word%"${COMP_WORDS[COMP_CWORD]}"}"
  COMPREPLY=()
  local found
  while read -r found; do
    [[ $found == "$word"* ]] && COMPREPLY+=("${found#"$cut"}")
  done < <("${COMP_WORDS[0]}" "[suggest:${#line}]" "$line" 2>/dev/null)
}
complete -o bashdefault -o default -F _llmsim llmsim
