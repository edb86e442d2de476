# bash completion for canary, written by: canary completion bash

_canary_words() {
    COMPREPLY=($(compgen -W "$1" -- "$word"))
}

_canary_files() {
    local IFS=$'\n'
    compopt -o filenames 2>/dev/null
    COMPREPLY=($(compgen -f -- "$word"))
}

_canary_live() {
    local line
    compopt -o nosort 2>/dev/null
    while IFS= read -r line; do
        line=$(printf '%q' "$line")
        COMPREPLY[${#COMPREPLY[@]}]=${line//\\,/,}
    done < <("${COMP_WORDS[0]}" __complete "$1" "$word" 2>/dev/null | cut -f 1)
}

_canary() {
    local word=${COMP_WORDS[COMP_CWORD]} before=${COMP_WORDS[COMP_CWORD-1]} command='' n
    if [[ $word == = ]]; then
        word=''
    elif [[ $before == = ]]; then
        before=${COMP_WORDS[COMP_CWORD-2]}
    fi
    COMPREPLY=()
    for ((n = 1; n < COMP_CWORD; n++)); do
        if [[ ${COMP_WORDS[n]} != -* ]]; then
            command=${COMP_WORDS[n]}
            break
        fi
    done
    if [[ -z $command ]]; then
        _canary_words 'start status watch promote guard pause freeze resume drive worker fleet shift rollback plan check lint dashboard history report init doctor notify ci completion schema demo state tick unlock sweep cleanup help --help --version'
        return
    fi
    case "$command:$before" in
        lint:--format) _canary_words 'text json github'; return ;;
        report:--format) _canary_words 'html markdown json junit'; return ;;
        *:-m|*:--new-model|*:-p|*:--percent|*:--stages|*:--bake|*:--baseline|*:--stay|*:--wait|*:--timeout|*:--summary|*:--override-freeze|*:--note|*:--ref|*:--profile|*:--region|*:--project|*:--subscription|*:--resource-group|*:--workspace|*:--query|*:-i|*:--interval|*:--to|*:--reason|*:--for|*:--looks|*:--listen|*:--stop-after|*:--budget-bad|*:--margin|*:--max-duration|*:--from|*:--candidate|*:--since|*:--at|*:--aa|*:--port|*:--limit|*:--prune|*:--metrics|*:--speed|*:--older-than|*:--version) :; return ;;
        *:--plan) _canary_live plans; return ;;
        *:--skip) _canary_live checks; return ;;
        *:--engine) _canary_words 'embedded temporal'; return ;;
        *:--on-interrupt) _canary_words 'hold rollback'; return ;;
        *:--ok-on) _canary_live outcomes; return ;;
        *:--junit|*:--report|*:--config|*:--events|*:--signed|*:--out) _canary_files; return ;;
        *:-e|*:--endpoint) _canary_live endpoints; return ;;
        *:--provider) _canary_live providers; return ;;
        *:--set) _canary_live settings; return ;;
        *:-o|*:--output) _canary_words 'auto table plain json ndjson'; return ;;
        *:--color) _canary_words 'auto always never'; return ;;
        *:--then) _canary_words 'rollback hold'; return ;;
        *:--outcome) _canary_words 'cloud-failed drift inconclusive no-metrics promoted rolled-back stopped superseded unsafe'; return ;;
        *:--export) _canary_live releases; return ;;
        *:--ci) _canary_words 'github gitlab azure jenkins none'; return ;;
        *:--print-policy) _canary_words 'aws gcp azure'; return ;;
        *:--scenario) _canary_words 'healthy failing slow no-data worse-answers late-labels'; return ;;
        *:--do) _canary_words 'rollback resume'; return ;;
    esac
    if [[ $word == -* ]]; then
        case $command in
            start) _canary_words '-m --new-model -p --percent --plan --stages --bake --baseline --skip --detach --stay --engine --dry-run --wait --timeout --on-interrupt --ok-on --junit --summary --report --override-freeze --note --ref -y --yes -e --endpoint --provider --config --profile --region --project --subscription --resource-group --workspace --set -o --output --query --events --no-input -q --quiet -v --verbose --debug --color --ascii -h --help' ;;
            status) _canary_words '--all --exit-status --wide -e --endpoint --provider --config --profile --region --project --subscription --resource-group --workspace --set -o --output --query --events --no-input -q --quiet -v --verbose --debug --color --ascii -h --help' ;;
            watch) _canary_words '-i --interval --timeout --once --ok-on -e --endpoint --provider --config --profile --region --project --subscription --resource-group --workspace --set -o --output --query --events --no-input -q --quiet -v --verbose --debug --color --ascii -h --help' ;;
            promote) _canary_words '--to --full --detach --reason --signed --override-freeze --timeout --on-interrupt --ok-on --junit --summary --report -y --yes -e --endpoint --provider --config --profile --region --project --subscription --resource-group --workspace --set -o --output --query --events --no-input -q --quiet -v --verbose --debug --color --ascii -h --help' ;;
            guard) _canary_words '--for --on-interrupt --ok-on -e --endpoint --provider --config --profile --region --project --subscription --resource-group --workspace --set -o --output --query --events --no-input -q --quiet -v --verbose --debug --color --ascii -h --help' ;;
            pause) _canary_words '--for --then --reason -e --endpoint --provider --config --profile --region --project --subscription --resource-group --workspace --set -o --output --query --events --no-input -q --quiet -v --verbose --debug --color --ascii -h --help' ;;
            freeze) _canary_words '-e --endpoint --provider --config --profile --region --project --subscription --resource-group --workspace --set -o --output --query --events --no-input -q --quiet -v --verbose --debug --color --ascii -h --help' ;;
            resume) _canary_words '--take-over --detach --timeout --on-interrupt --ok-on --junit --summary --report -y --yes -e --endpoint --provider --config --profile --region --project --subscription --resource-group --workspace --set -o --output --query --events --no-input -q --quiet -v --verbose --debug --color --ascii -h --help' ;;
            drive) _canary_words '--all --for --looks --listen -e --endpoint --provider --config --profile --region --project --subscription --resource-group --workspace --set -o --output --query --events --no-input -q --quiet -v --verbose --debug --color --ascii -h --help' ;;
            worker) _canary_words '--for --listen -e --endpoint --provider --config --profile --region --project --subscription --resource-group --workspace --set -o --output --query --events --no-input -q --quiet -v --verbose --debug --color --ascii -h --help' ;;
            fleet) _canary_words '--stop-after --for --timeout --detach --reason -y --yes -o --output --query --events --no-input -q --quiet -v --verbose --debug --color --ascii -h --help' ;;
            shift) _canary_words '-p --percent --reason --override-freeze -y --yes -e --endpoint --provider --config --profile --region --project --subscription --resource-group --workspace --set -o --output --query --events --no-input -q --quiet -v --verbose --debug --color --ascii -h --help' ;;
            rollback) _canary_words '--reason --to --no-wait --print-command -y --yes -e --endpoint --provider --config --profile --region --project --subscription --resource-group --workspace --set -o --output --query --events --no-input -q --quiet -v --verbose --debug --color --ascii -h --help' ;;
            plan) _canary_words '-m --new-model -p --percent --plan --stages --bake --baseline --skip --out --suggest --budget-bad --margin --max-duration --write -y --yes -e --endpoint --provider --config --profile --region --project --subscription --resource-group --workspace --set -o --output --query --events --no-input -q --quiet -v --verbose --debug --color --ascii -h --help' ;;
            check) _canary_words '--from --baseline --candidate --since --at --skip --aa -e --endpoint --provider --config --profile --region --project --subscription --resource-group --workspace --set -o --output --query --events --no-input -q --quiet -v --verbose --debug --color --ascii -h --help' ;;
            lint) _canary_words '--format -o --output --query --events --no-input -q --quiet -v --verbose --debug --color --ascii -h --help' ;;
            dashboard) _canary_words '--port --for --open -o --output --query --events --no-input -q --quiet -v --verbose --debug --color --ascii -h --help' ;;
            history) _canary_words '--limit --since --outcome --export --prune -e --endpoint --provider --config --profile --region --project --subscription --resource-group --workspace --set -o --output --query --events --no-input -q --quiet -v --verbose --debug --color --ascii -h --help' ;;
            report) _canary_words '--format --out --open -e --endpoint --provider --config --profile --region --project --subscription --resource-group --workspace --set -o --output --query --events --no-input -q --quiet -v --verbose --debug --color --ascii -h --help' ;;
            init) _canary_words '--stages --bake --ci --force -y --yes -e --endpoint --provider --config --profile --region --project --subscription --resource-group --workspace --set -o --output --query --events --no-input -q --quiet -v --verbose --debug --color --ascii -h --help' ;;
            doctor) _canary_words '--metrics --print-policy --deploys --no-deploys -e --endpoint --provider --config --profile --region --project --subscription --resource-group --workspace --set -o --output --query --events --no-input -q --quiet -v --verbose --debug --color --ascii -h --help' ;;
            notify) _canary_words '-o --output --query --events --no-input -q --quiet -v --verbose --debug --color --ascii -h --help' ;;
            ci) _canary_words '--stages-as-jobs -e --endpoint --provider --config --profile --region --project --subscription --resource-group --workspace --set -o --output --query --events --no-input -q --quiet -v --verbose --debug --color --ascii -h --help' ;;
            completion) _canary_words '--install -o --output --query --events --no-input -q --quiet -v --verbose --debug --color --ascii -h --help' ;;
            schema) _canary_words '-o --output --query --events --no-input -q --quiet -v --verbose --debug --color --ascii -h --help' ;;
            demo) _canary_words '--scenario --speed -o --output --query --events --no-input -q --quiet -v --verbose --debug --color --ascii -h --help' ;;
            state) _canary_words '-o --output --query --events --no-input -q --quiet -v --verbose --debug --color --ascii -h --help' ;;
            tick) _canary_words '--all -e --endpoint --provider --config --profile --region --project --subscription --resource-group --workspace --set -o --output --query --events --no-input -q --quiet -v --verbose --debug --color --ascii -h --help' ;;
            unlock) _canary_words '-y --yes -e --endpoint --provider --config --profile --region --project --subscription --resource-group --workspace --set -o --output --query --events --no-input -q --quiet -v --verbose --debug --color --ascii -h --help' ;;
            sweep) _canary_words '--older-than --do -e --endpoint --provider --config --profile --region --project --subscription --resource-group --workspace --set -o --output --query --events --no-input -q --quiet -v --verbose --debug --color --ascii -h --help' ;;
            cleanup) _canary_words '--all --version -y --yes -e --endpoint --provider --config --profile --region --project --subscription --resource-group --workspace --set -o --output --query --events --no-input -q --quiet -v --verbose --debug --color --ascii -h --help' ;;
            help) _canary_words '-o --output --query --events --no-input -q --quiet -v --verbose --debug --color --ascii -h --help' ;;
        esac
        return
    fi
    case $command in
        start) _canary_live endpoints ;;
        status) _canary_live releases ;;
        watch) _canary_live open ;;
        promote) _canary_live open ;;
        guard) _canary_live open ;;
        pause) _canary_live open ;;
        freeze) _canary_live open ;;
        resume) _canary_live open ;;
        fleet) _canary_words 'start status pause resume rollback' ;;
        shift) _canary_live open ;;
        rollback) _canary_live open ;;
        plan) _canary_live endpoints ;;
        check) _canary_live endpoints ;;
        lint) _canary_files ;;
        report) _canary_live releases ;;
        doctor) _canary_live endpoints ;;
        notify) _canary_words 'test' ;;
        ci) _canary_words 'github gitlab azure jenkins sagemaker vertex airflow' ;;
        completion) _canary_words 'bash zsh fish powershell' ;;
        schema) _canary_words 'config status events report series verdict' ;;
        state) _canary_words 'check move' ;;
        tick) _canary_live releases ;;
        unlock) _canary_live endpoints ;;
        cleanup) _canary_live releases ;;
        help) _canary_words 'options exit-codes env config keys start status watch promote guard pause freeze resume drive worker fleet shift rollback plan check lint dashboard history report init doctor notify ci completion schema demo state tick unlock sweep cleanup help' ;;
    esac
}

complete -o default -F _canary canary
