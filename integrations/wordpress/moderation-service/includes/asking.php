<?php
/**
 * A new comment, before it is stored: the service is asked, and its verdict becomes the comment's status.
 *
 * @package Moderation_Service
 */

namespace Moderation_Service;

defined( 'ABSPATH' ) || exit;

/**
 * What was asked about in this request, until WordPress has stored the comment.
 */
final class Asked {

	/**
	 * The one that is being stored just now.
	 *
	 * @var self|null
	 */
	public static $current = null;

	/**
	 * Whether wp_new_comment() is at work, whose data have slashes.
	 *
	 * @var bool
	 */
	public static $has_slashes = false;

	/**
	 * The service's id of the comment.
	 *
	 * @var string
	 */
	public $remote_id;

	/**
	 * The comment's post and author, by which it is known again.
	 *
	 * @var string
	 */
	public $whose;

	/**
	 * What the service said, or why it did not.
	 *
	 * @var Answer
	 */
	public $answer;

	/**
	 * Whether WordPress's own rules hold what the service would publish.
	 *
	 * @var bool
	 */
	public $is_held_here = false;

	/**
	 * Which comment this is about.
	 *
	 * @param array<string, mixed> $comment Without slashes.
	 * @return string
	 */
	public static function whose( array $comment ) {
		return (int) $comment['comment_post_ID'] . "\n" . $comment['comment_author'];
	}
}

/**
 * Whether somebody's comments are not looked at: whoever could approve them.
 *
 * @param int $user_id Their id, 0 for a visitor.
 * @param int $post_id The post's.
 * @return bool
 */
function is_trusted( $user_id, $post_id ) {
	return $user_id && ( user_can( $user_id, 'moderate_comments' ) || user_can( $user_id, 'edit_post', $post_id ) );
}

/**
 * Decide on a new comment.
 *
 * @param int|string|\WP_Error $approved    What WordPress and other plugins would do.
 * @param array<string, mixed> $commentdata With slashes from wp_new_comment(), without from the REST API.
 * @return int|string|\WP_Error
 */
function decide_new_comment( $approved, $commentdata ) {
	if ( is_wp_error( $approved ) || ! is_ready() || in_array( (string) $approved, array( 'spam', 'trash' ), true ) ) {
		return $approved;
	}
	$comment = as_stored( $commentdata );
	if ( is_trusted( (int) $comment['user_id'], (int) $comment['comment_post_ID'] ) ) {
		return $approved;
	}
	$asked    = Asked::$current;
	$is_again = $asked && Asked::whose( $comment ) === $asked->whose; // WordPress repairs a text that the database refused.
	if ( ! $is_again ) {
		$asked            = new Asked();
		$asked->remote_id = new_id();
		$asked->whose     = Asked::whose( $comment );
	}
	Asked::$current = $asked;
	$asked->answer  = submit( $asked->remote_id, $comment, (float) setting( 'deadline' ) );

	if ( $asked->answer->is_done() ) {
		$status = STATUS_OF[ $asked->answer->document['state'] ];
		if ( '1' === $status && own_rules_hold( $comment, $approved ) ) {
			$asked->is_held_here = true;
			$status              = '0';
		}
		return is_numeric( $status ) ? (int) $status : $status;
	}
	if ( ! $asked->answer->is_refused() && 'wordpress' === setting( 'when_away' ) ) {
		return $approved;
	}
	return 0;
}

/**
 * The comment as it will be stored, so that the service reads what readers will.
 *
 * @param array<string, mixed> $commentdata As the filter has it.
 * @return array<string, mixed>
 */
function as_stored( array $commentdata ) {
	$commentdata += array_fill_keys( array( 'comment_author', 'comment_author_email', 'comment_author_url', 'comment_author_IP', 'comment_agent', 'comment_date_gmt', 'comment_type' ), '' );
	$commentdata += array(
		'user_id'        => 0,
		'comment_parent' => 0,
	);
	if ( Asked::$has_slashes ) {
		return wp_unslash( $commentdata );
	}
	return wp_unslash( wp_filter_comment( wp_slash( $commentdata ) ) );
}

/**
 * The comment is stored: write down what became of it, and what the service has yet to hear.
 *
 * @param int         $comment_id WordPress's id.
 * @param \WP_Comment $comment    The comment.
 */
function comment_was_stored( $comment_id, $comment ) {
	Asked::$has_slashes = false;
	$asked              = Asked::$current;
	if ( ! $asked || Asked::whose( $comment->to_array() ) !== $asked->whose ) {
		return;
	}
	Asked::$current = null;
	add_record( $asked->remote_id, (int) $comment_id );
	take_answer( $asked->remote_id, $asked->answer, $asked->is_held_here );
}

/**
 * What was asked about and then not stored is erased at the service: nobody will ever see it here.
 */
function forget_what_was_not_stored() {
	$asked = Asked::$current;
	if ( $asked ) {
		Asked::$current = null;
		add_record( $asked->remote_id, 0 );
		tell_later( $asked->remote_id, array( 'todo_erase' => 1 ) );
	}
}

add_filter(
	'preprocess_comment',
	static function ( $commentdata ) {
		Asked::$has_slashes = true;
		return $commentdata;
	},
	1
);
add_filter( 'pre_comment_approved', __NAMESPACE__ . '\\decide_new_comment', 90, 2 );
add_action( 'wp_insert_comment', __NAMESPACE__ . '\\comment_was_stored', 1, 2 );
add_action( 'shutdown', __NAMESPACE__ . '\\forget_what_was_not_stored', 5 );
