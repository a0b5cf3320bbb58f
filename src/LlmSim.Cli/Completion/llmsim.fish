# Completion of llmsim for fish: llmsim completion fish > ~/.config/fish/completions/llmsim.fish
function __llmsim_complete
    set -l line (commandline -cp)
    set -l program (commandline -opc)[1]
    $program "[suggest:"(string length -- $line)"]" $line 2>/dev/null
end
complete -c llmsim -a '(__llmsim_complete)'
