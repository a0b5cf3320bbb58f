using LlmSim.Kernel;

namespace LlmSim.Workloads;

/// <content>One agent at work.</content>
internal sealed partial record AgentWorkload
{
    private sealed class Work
    {
        private readonly AgentWorkload _workload;
        private readonly ConversationBuilder _builder;
        private readonly PromptSegment _system;
        private readonly PromptSegment _subSystem;
        private readonly ConversationStreams _streams;
        private readonly RandomStream _messages;
        private readonly RandomStream _results;
        private readonly RandomStream _outputs;
        private readonly RandomStream _tools;
        private readonly RandomStream _subAgents;

        private ConversationBuilder.Context _context = new();

        /// <summary>The turns that the next one waits for, and for how long after them.</summary>
        private IReadOnlyList<int> _after = [];
        private double _delaySeconds;

        /// <summary>Length of the next answer: it has to fit into the context as well, and a summary of it all behind it.</summary>
        private int _answer;

        public Work(AgentWorkload workload, ConversationStreams streams, ContentIds ids, long number)
        {
            (_workload, _streams) = (workload, streams);
            _builder = new ConversationBuilder(ids.Part(number));
            _system = new PromptSegment(
                ids.Id(-2 - streams["systems"].Next(workload.Systems)),
                workload.SystemTokens
            );
            _subSystem = new PromptSegment(ids.Id(-1), workload.SubSystemTokens);
            (_messages, _results, _outputs) = (streams["messages"], streams["results"], streams["outputs"]);
            (_tools, _subAgents) = (streams["tools"], streams["sub-agents"]);
            _answer = Part(workload.Answer.Sample(_outputs, workload.ContextTokens));
        }

        public Conversation Conversation()
        {
            var (steps, forks, people) = (_streams["steps"], _streams["forks"], _streams["people"]);
            var start = _workload.Start.Sample(_streams["starts"], _workload.ContextTokens / 4);
            _context.Add(_system);
            _context.Add(_builder.Fresh(start));
            var requests = _workload.Requests.Sample(_streams["requests"]);
            for (var request = 0; request < requests; request++)
            {
                Say(_workload.Message.Sample(_messages, int.MaxValue));
                Answer();
                for (var left = _workload.Steps.Sample(steps) - 1; left > 0; left--)
                {
                    if (forks.NextDouble() < _workload.Fork)
                    {
                        StartSubAgents();
                    }
                    else
                    {
                        _delaySeconds = _workload.Tool.Sample(_tools);
                        Say(_workload.Result.Sample(_results, int.MaxValue));
                    }

                    Answer();
                }

                _delaySeconds = _workload.Think.Sample(people);
            }

            return _builder.Build();
        }

        /// <summary>Harnesses cut what is too long for a prompt: nothing takes more than an eighth of the context.</summary>
        private int Part(int tokens) => Math.Min(tokens, _workload.ContextTokens / 8);

        private void Say(int tokens) => Say(_builder.Fresh(Part(tokens)));

        private void Say(PromptSegment segment)
        {
            var needed = segment.Tokens + _answer + _workload.SummaryTokens;
            if (_context.Tokens + needed > _workload.ContextTokens && _builder.Count > 0)
            {
                Compact();
            }

            _context.Add(segment);
        }

        private void Answer()
        {
            Ask(_answer);
            _answer = Part(_workload.Answer.Sample(_outputs, _workload.ContextTokens));
        }

        private void Ask(int outputTokens)
        {
            var turn = _builder.Ask(_context, outputTokens, _after, _builder.Count == 0 ? 0 : _delaySeconds);
            (_after, _delaySeconds) = ([turn], 0);
        }

        /// <summary>The model sums up what was said, with all of it as the prompt; the agent goes on from the summary.</summary>
        private void Compact()
        {
            Ask(_workload.SummaryTokens);
            _context = new ConversationBuilder.Context();
            _context.Add(_system);
            _context.Add(_builder.LastOutput);
        }

        /// <summary>All begin when the step before them has ended, and the next step waits for all and has their last answers.</summary>
        private void StartSubAgents()
        {
            var ends = new List<int>();
            var answers = new List<PromptSegment>();
            for (var left = _workload.SubAgents.Sample(_subAgents); left > 0; left--)
            {
                ends.Add(RunSubAgent());
                answers.Add(_builder.LastOutput);
            }

            (_after, _delaySeconds) = (ends, 0);
            answers.ForEach(Say);
        }

        /// <summary>A context of its own, with a task and the results of its tools.</summary>
        /// <returns>Its last turn.</returns>
        private int RunSubAgent()
        {
            var context = new ConversationBuilder.Context();
            context.Add(_subSystem);
            var (after, delaySeconds) = (_after, 0.0);
            var tokens = Part(_workload.Message.Sample(_subAgents, int.MaxValue));
            for (var left = _workload.SubSteps.Sample(_subAgents); ; left--)
            {
                context.Add(_builder.Fresh(tokens));
                var answer = Part(_workload.Answer.Sample(_subAgents, _workload.ContextTokens));
                var turn = _builder.Ask(context, answer, after, delaySeconds);
                (after, delaySeconds) = ([turn], _workload.Tool.Sample(_subAgents));
                tokens = Part(_workload.Result.Sample(_subAgents, int.MaxValue));
                if (left == 1 || context.Tokens + tokens + Part(int.MaxValue) > _workload.ContextTokens)
                {
                    return turn;
                }
            }
        }
    }
}
