#compdef llmsim
# Completion of llmsim for zsh: llmsim completion zsh > ~/.zfunc/_llmsim, with ~/.zfunc in fpath before compinit
_llmsim() {
  local line="${(j: :)words[1,CURRENT]}"
  local -a found
  found=("${(@f)$("${words[1]}" "[suggest:${#line}]" "$line" 2>/dev/null)}")
  found=(${found:#})
  if (( $#found )); then
    compadd -a found
  else
    _files
  fi
}
if [[ $funcstack[1] == _llmsim ]]; then
  _llmsim "$@"
else
  compdef _llmsim llmsim
fi
